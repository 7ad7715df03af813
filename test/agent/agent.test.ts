import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { firstSet, refreshSet, type Agent } from '../../agent/agent.ts';
import { init } from '../../agent/init.ts';
import { asLastWords } from '../../agent/last-words.ts';
import { untilDue } from '../../agent/pass.ts';
import type { Store } from '../../agent/stores/store.ts';
import { file, makeAgent, makeConfig, makeWorkspace, startSecretServer, status, type TestAgent } from './support.ts';

const FILES = [file('a', 'web:a'), file('tls/key', 'web:b#key', {}, 0o440)];

const BROKEN: Store = {
  read: () => Promise.resolve({ bytes: Buffer.from('x') }),
  remember: () => {
    throw new TypeError('canary-s3cr3t');
  },
};

async function prepare(rest: Parameters<typeof makeConfig>[1] = {}) {
  const workspace = makeWorkspace();
  const server = await startSecretServer({ '/a': 'A', '/b': '{"key":"K"}' });
  return { workspace, server, agent: makeAgent(workspace, server, makeConfig(FILES, rest)) };
}

function restarted(agent: TestAgent): TestAgent {
  return { ...agent, startedAt: agent.now() };
}

async function endOf(agent: Agent) {
  const error: unknown = await firstSet(agent).then(
    () => new Error('it did not end'),
    (reason: unknown) => reason,
  );
  const { exit, message } = asLastWords(error);
  return { exit, message };
}

describe('the first set', () => {
  it('is complete before it is called ready', async () => {
    const { workspace, agent } = await prepare();

    const state = await firstSet(agent);

    expect([workspace.read('a'), workspace.read('tls/key')]).toEqual(['A', 'K']);
    expect(state.complete).toBe(true);
    expect(existsSync(agent.paths.ready)).toBe(true);
  });

  it.each([
    ['missing', status(404), 'missing', 'web:a: not found (404)'],
    ['denied', status(403), 'denied', 'web:a: denied (403)'],
    ['of no use', 'no JSON', 'configuration', 'web:b#key: it is not JSON, so it has no property "key"'],
  ])('ends at once, with nothing written, when a secret is %s', async (_what, answer, exit, message) => {
    const { workspace, server, agent } = await prepare();
    server.answers[message.startsWith('web:a') ? '/a' : '/b'] = answer;

    expect(await endOf(agent)).toEqual({ exit, message });

    expect(server.requests).toHaveLength(2);
    expect(readdirSync(workspace.files)).toEqual([]);
    expect(existsSync(agent.paths.ready)).toBe(false);
  });

  it('is tried again until the time is up when the store is down', async () => {
    const { server, agent } = await prepare();
    server.answers['/a'] = status(503);
    const start = Date.now();

    expect(await endOf(agent)).toEqual({ exit: 'unreachable', message: 'web:a: failed (503)' });

    expect(Date.now() - start).toBeGreaterThan(700);
    expect(Date.now() - start).toBeLessThan(6_000);
    expect(server.requests.filter((path) => path === '/a').length).toBeGreaterThan(2);
    expect(server.requests.filter((path) => path === '/b')).toHaveLength(1);
    expect(agent.lines[0]).toContain('trying again: web:a: failed (503)');
  });

  it('tells first what cannot get better, and names no more than three', async () => {
    const { workspace, server } = await prepare();
    const missing = ['m1', 'm2', 'm3', 'm4'].map((name) => file(name, `web:${name}`));
    const agent = makeAgent(workspace, server, makeConfig([file('down', 'web:down'), ...missing]));
    server.answers['/down'] = status(503);

    const { exit, message } = await endOf(agent);

    expect(exit).toBe('missing');
    expect(message).toBe('web:m1: not found (404); web:m2: not found (404); web:m3: not found (404); and 2 more');
  });

  it('is not fetched again by a later process while it is fresh', async () => {
    const { server, agent } = await prepare();
    await firstSet(agent);
    server.requests.length = 0;
    unlinkSync(agent.paths.ready);

    const state = await firstSet(restarted(agent));

    expect(server.requests).toEqual([]);
    expect(state.complete).toBe(true);
    expect(existsSync(agent.paths.ready)).toBe(true);
  });

  it('is made anew, and not ready meanwhile, when its files are gone', async () => {
    const { workspace, server, agent } = await prepare();
    await firstSet(agent);
    rmSync(workspace.files, { recursive: true });
    server.answers['/a'] = status(403);

    expect((await endOf(restarted(agent))).exit).toBe('denied');

    expect(existsSync(agent.paths.ready)).toBe(false);
  });

  it('is found again untouched when the state was lost', async () => {
    const { workspace, agent } = await prepare();
    await firstSet(agent);
    const before = statSync(join(workspace.files, 'a'));
    writeFileSync(agent.paths.state, '{"version":');

    await firstSet(restarted(agent));

    const { ino, mtimeMs } = statSync(join(workspace.files, 'a'));
    expect({ ino, mtimeMs }).toEqual({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it('ends with its own code when the volume is full', async (context) => {
    if (process.getuid?.() !== 0) context.skip('only root can mount the small memory volume that this needs');
    const { workspace, server, agent } = await prepare();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', workspace.files]);
    onTestFinished(() => void execFileSync('umount', [workspace.files]));
    server.answers['/a'] = 'x'.repeat(100_000);

    const { exit, message } = await endOf(agent);

    expect(exit).toBe('write');
    expect(message).toMatch(/no space left.*ENOSPC/);
    expect(readdirSync(workspace.files)).toEqual([]);
  });
});

describe('a later set', () => {
  it('flips when something changed, and says which files', async () => {
    const { workspace, server, agent } = await prepare();
    const state = await firstSet(agent);
    server.answers['/a'] = 'A2';
    agent.clock.now += 60_000;

    await refreshSet(agent, state);

    expect(workspace.read('a')).toBe('A2');
    expect(agent.lines.at(-1)).toContain('"files":["a"],"msg":"files changed"');
  });

  it('leaves the last good files while the store is down or says no, and follows when it is back', async () => {
    const { workspace, server, agent } = await prepare();
    let state = await firstSet(agent);
    for (const answer of [status(503), status(403), status(404)]) {
      server.answers['/a'] = answer;
      agent.clock.now += 60_000;
      state = await refreshSet(agent, state);
      expect(workspace.read('a')).toBe('A');
      expect(agent.lines.at(-1)).toContain('the last good files stay: web:a: ');
    }

    server.answers['/a'] = 'A2';
    agent.clock.now += 60_000;
    await refreshSet(agent, state);

    expect(workspace.read('a')).toBe('A2');
    expect(agent.lines.some((line) => line.includes('all secrets can be read again'))).toBe(true);
  });

  it('brings back a file that somebody deleted', async () => {
    const { workspace, agent } = await prepare();
    const state = await firstSet(agent);
    unlinkSync(join(workspace.files, 'a'));
    rmSync(join(workspace.files, '..data/tls/key'));
    agent.clock.now += 60_000;

    await refreshSet(agent, state);

    expect([workspace.read('a'), workspace.read('tls/key')]).toEqual(['A', 'K']);
  });

  it('stays when something breaks that nobody thought of', async () => {
    const { workspace, agent } = await prepare();
    const state = await firstSet(agent);
    agent.clock.now += 60_000;

    const next = await refreshSet({ ...agent, openStore: () => Promise.resolve(BROKEN) }, state);

    expect(workspace.read('a')).toBe('A');
    expect(agent.lines.at(-1)).toMatch(/unexpected error, please report it: TypeError/);
    expect(agent.lines.at(-1)).not.toContain('canary');
    expect(untilDue(agent.config, next, agent.now())).toBeGreaterThan(1_000);
  });

  it('stays the last good one when the volume is full, and is tried again', async (context) => {
    if (process.getuid?.() !== 0) context.skip('only root can mount the small memory volume that this needs');
    const { workspace, server, agent } = await prepare();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', workspace.files]);
    onTestFinished(() => void execFileSync('umount', [workspace.files]));
    const first = await firstSet(agent);
    server.answers['/a'] = 'x'.repeat(100_000);
    agent.clock.now += 60_000;
    const full = await refreshSet(agent, first);
    expect([workspace.read('a'), workspace.read('tls/key')]).toEqual(['A', 'K']);

    server.answers['/a'] = 'A2';
    agent.clock.now += 60_000;
    await refreshSet(agent, full);

    expect(workspace.read('a')).toBe('A2');
    expect(agent.lines.some((line) => line.includes('ENOSPC'))).toBe(true);
  });
});

describe('an init container that runs again', () => {
  it('refreshes what is due, and is content with the old files when that fails', async () => {
    const { workspace, server, agent } = await prepare();
    await init(agent);
    server.answers['/a'] = status(503);
    agent.clock.now += 120_000;

    const state = await init(restarted(agent));

    expect(state.complete).toBe(true);
    expect(workspace.read('a')).toBe('A');
  });
});

describe('what the agent says', () => {
  it('never holds a value, a token or a message that is not ours', async () => {
    const { server, agent } = await prepare();
    server.answers['/a'] = 'canary-s3cr3t';
    server.answers['/b'] = '{"key": canary-s3cr3t}';

    const { message } = await endOf(agent);

    const said = [message, ...agent.lines, readFileSync(agent.paths.state, 'utf8')].join('\n');
    expect(said).not.toContain('canary');
    expect(asLastWords(new SyntaxError('canary-s3cr3t')).message).not.toContain('canary');
    expect(asLastWords('canary-s3cr3t').message).not.toContain('canary');
  });
});
