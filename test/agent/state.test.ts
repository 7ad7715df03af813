import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyState, loadState, saveState, type AgentState } from '../../agent/state.ts';
import { file, makeConfig } from './support.ts';

const CONFIG = makeConfig([file('a', 'web:a')]);

const STATE: AgentState = {
  ...emptyState(CONFIG),
  complete: true,
  stores: { web: { token: 't' } },
  calls: { a: { dueAt: 1, successes: 1, errors: 0, failures: 0, lastSuccessAt: 1 } },
  files: { a: { identity: { inode: 1, size: 2, modifiedMs: 3.5 } } },
};

function statePath(): string {
  const root = mkdtempSync(join(tmpdir(), 'secrets-inject-state-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return join(root, 'state.json');
}

describe('the remembered state', () => {
  it('comes back as it was saved, readable by nobody else', () => {
    const path = statePath();

    saveState(path, STATE);

    expect(loadState(path, CONFIG)).toEqual(STATE);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['cut off', JSON.stringify(STATE).slice(0, -20)],
    ['no object', '[]'],
    ['of another version', JSON.stringify({ ...STATE, version: 2 })],
    ['without a part', JSON.stringify({ ...STATE, stores: undefined })],
    ['with a part of another kind', JSON.stringify({ ...STATE, files: { a: null } })],
    ['with a time that is none', JSON.stringify({ ...STATE, calls: { a: { ...STATE.calls['a'], dueAt: 'soon' } } })],
    ['with an identity that is none', JSON.stringify({ ...STATE, files: { a: { identity: { inode: 'x' } } } })],
    ['of another message', JSON.stringify({ ...STATE, config: '{}' })],
    ['binary', '\u0000\uFFFD\u0001'],
  ])('starts anew when the file is %s', (_what, content) => {
    const path = statePath();
    if (content !== undefined) writeFileSync(path, content);

    expect(loadState(path, CONFIG)).toEqual(emptyState(CONFIG));
  });
});
