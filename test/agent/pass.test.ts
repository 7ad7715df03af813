import { describe, expect, it } from 'vitest';
import { runPass, untilDue, type PassInput, type PassResult } from '../../agent/pass.ts';
import { emptyState, type AgentState } from '../../agent/state.ts';
import type { Store, StoreEnvironment } from '../../agent/stores/store.ts';
import type { AgentConfig } from '../../contract/agent-config.ts';
import { file, httpStore, makeConfig, startSecretServer, status, type SecretServer } from './support.ts';

const NOW = 1_800_000_000_000;

function pass(
  server: SecretServer,
  config: AgentConfig,
  state: AgentState,
  rest: Partial<PassInput> = {},
): Promise<PassResult> {
  return runPass({
    config,
    state,
    damaged: new Set(),
    now: () => NOW,
    random: () => 0.5,
    signal: new AbortController().signal,
    openStore: () => Promise.resolve(httpStore(server.url)),
    retryUntil: NOW + 400,
    onRetry: () => undefined,
    ...rest,
  });
}

/** As if every file of the pass had been delivered. */
function delivered({ state, files }: PassResult): AgentState {
  const entries = files.map(({ path, fallback }) => [path, { ...(fallback && { fallback }) }] as const);
  return { ...state, complete: true, files: Object.fromEntries(entries) };
}

function contents({ files }: PassResult): Record<string, string> {
  return Object.fromEntries(files.map(({ path, bytes }) => [path, bytes ? Buffer.from(bytes).toString() : '(kept)']));
}

const reasons = ({ failures }: PassResult): string[] => failures.map(({ text, error }) => `${text}: ${error.message}`);
const later = (milliseconds: number) => ({ now: () => NOW + milliseconds });

describe('a pass', () => {
  it('turns references into files, and says when the next is due', async () => {
    const server = await startSecretServer({ '/db': '{"user":"web","port":5432}' });
    const config = makeConfig([file('user', 'web:db#user'), file('port', 'web:db#port'), file('all', 'web:db')]);

    const result = await pass(server, config, emptyState(config));

    expect(contents(result)).toEqual({ user: 'web', port: '5432', all: '{"user":"web","port":5432}' });
    expect(server.requests).toEqual(['/db']);
    expect(untilDue(config, result.state, NOW)).toBe(60_000);
  });

  it('gives the same from the same, in whatever process the state was written', async () => {
    const server = await startSecretServer({ '/db': 'v1', '/other': status(503) });
    const config = makeConfig([file('a', 'web:db'), file('b', 'web:other', { optional: true })]);
    const first = delivered(await pass(server, config, emptyState(config)));
    const thawed = JSON.parse(JSON.stringify(first)) as AgentState;

    const [here, there] = [
      await pass(server, config, first, later(60_000)),
      await pass(server, config, thawed, later(60_000)),
    ];

    expect(there).toEqual(here);
    expect(first).toEqual(thawed);
  });

  it('names every failure of the first set, each call once', async () => {
    const server = await startSecretServer({ '/db': '{"user":"web"}', '/down': status(503) });
    const config = makeConfig([
      file('1', 'web:down#a'),
      file('2', 'web:down#b'),
      file('3', 'web:db#no'),
      file('4', 'web:db#nor'),
    ]);

    const result = await pass(server, config, emptyState(config));

    expect(reasons(result)).toEqual([
      'web:down#a: failed (503)',
      'web:db#no: it has no property "no"',
      'web:db#nor: it has no property "nor"',
    ]);
  });

  it('keeps the last good value of each file that fails, and takes the new ones of the others', async () => {
    const server = await startSecretServer({ '/a': 'A', '/b': '{"x":"B"}', '/c': 'C' });
    const config = makeConfig([file('a', 'web:a'), file('b', 'web:b#x'), file('c', 'web:c')]);
    const state = delivered(await pass(server, config, emptyState(config)));
    Object.assign(server.answers, { '/a': status(403), '/b': 'no longer JSON', '/c': 'C2' });

    const result = await pass(server, config, state, later(60_000));

    expect(contents(result)).toEqual({ a: '(kept)', b: '(kept)', c: 'C2' });
    expect(reasons(result)).toEqual(['web:a: denied (403)', 'web:b#x: it is not JSON, so it has no property "x"']);
  });

  it('comes back soon after what can get better, at the interval after what cannot', async () => {
    const server = await startSecretServer({ '/a': 'A' });
    const config = makeConfig([file('a', 'web:a')]);
    const state = delivered(await pass(server, config, emptyState(config)));

    server.answers['/a'] = status(503);
    const down = await pass(server, config, state, later(60_000));
    server.answers['/a'] = status(403);
    const denied = await pass(server, config, state, later(60_000));

    expect(untilDue(config, down.state, NOW + 60_000)).toBe(750);
    expect(untilDue(config, denied.state, NOW + 60_000)).toBe(60_000);
  });

  it('reads together again what failed together, so that it flips together', async () => {
    const server = await startSecretServer({ '/db': 'v1', '/api': 'v1' });
    const config = makeConfig([file('a', 'web:db'), file('b', 'web:api')]);
    const state = delivered(await pass(server, config, emptyState(config)));
    server.answers['/db'] = status(503);
    server.answers['/api'] = status(503);
    let draws = 0;
    const random = () => (draws++ % 2 === 0 ? 0.1 : 0.9);

    const failed = await pass(server, config, state, { ...later(60_000), random });

    const dueTimes = Object.values(failed.state.calls).map(({ dueAt }) => dueAt);
    expect(dueTimes).toHaveLength(2);
    expect(new Set(dueTimes).size).toBe(1);
  });

  it('reads only what is due, or damaged', async () => {
    const server = await startSecretServer({ '/a': 'A', '/b': 'B' });
    const config = makeConfig([file('a', 'web:a'), file('b', 'web:b')]);
    const state = delivered(await pass(server, config, emptyState(config)));
    server.requests.length = 0;

    const early = await pass(server, config, state, later(10_000));
    const damaged = await pass(server, config, state, { ...later(10_000), damaged: new Set(['b']) });

    expect(contents(early)).toEqual({ a: '(kept)', b: '(kept)' });
    expect(contents(damaged)).toEqual({ a: '(kept)', b: 'B' });
    expect(server.requests).toEqual(['/b']);
  });

  it('is due earlier when the value itself runs out', async () => {
    const server = await startSecretServer({});
    const config = makeConfig([file('a', 'web:a')]);
    const store: Store = { read: () => Promise.resolve({ bytes: Buffer.from('A'), refreshAfterMs: 7_000 }) };

    const { state } = await pass(server, config, emptyState(config), { openStore: () => Promise.resolve(store) });

    expect(untilDue(config, state, NOW)).toBe(7_000);
  });

  it('hands each store what it remembered, also after a failure, and closes it', async () => {
    const server = await startSecretServer({});
    const config = makeConfig([file('a', 'web:a')]);
    const seen: unknown[] = [];
    const openStore = (_config: unknown, { remembered }: StoreEnvironment): Promise<Store> => {
      seen.push(remembered);
      return Promise.resolve({
        read: (request, signal) => httpStore(server.url).read(request, signal),
        remember: () => ({ token: `token ${seen.length}` }),
        close: () => seen.push('closed'),
      });
    };

    const { state } = await pass(server, config, emptyState(config), { openStore });
    await pass(server, config, state, { openStore });

    expect(seen).toEqual([undefined, 'closed', { token: 'token 1' }, 'closed']);
  });
});

describe('an optional secret', () => {
  const OPTIONAL = makeConfig([file('a', 'web:a', { optional: true }), file('b', 'web:b')]);

  it('gives no file while it does not exist, comes when it does, and stays when it vanishes', async () => {
    const server = await startSecretServer({ '/b': 'B' });
    const absent = await pass(server, OPTIONAL, emptyState(OPTIONAL));
    server.answers['/a'] = 'A';
    const there = await pass(server, OPTIONAL, delivered(absent), later(60_000));
    server.answers['/a'] = status(404);
    const gone = await pass(server, OPTIONAL, delivered(there), later(120_000));

    expect([contents(absent), contents(there), contents(gone)]).toEqual([
      { b: 'B' },
      { a: 'A', b: 'B' },
      { a: '(kept)', b: 'B' },
    ]);
    expect([reasons(absent), reasons(gone)]).toEqual([[], ['web:a: not found (404)']]);
  });

  it.each([
    ['denied', 403],
    ['disabled', 410],
    ['unreachable', 503],
  ])('is a failure all the same when it is %s', async (_what, code) => {
    const server = await startSecretServer({ '/b': 'B', '/a': status(code) });

    const result = await pass(server, OPTIONAL, emptyState(OPTIONAL));

    expect(reasons(result)).toHaveLength(1);
  });

  it('may be a property', async () => {
    const server = await startSecretServer({ '/a': '{"x":1}' });
    const config = makeConfig([file('a', 'web:a#y', { optional: true }), file('b', 'web:a#x')]);

    expect(contents(await pass(server, config, emptyState(config)))).toEqual({ b: '1' });
  });
});

describe('a default', () => {
  it('stands in until the secret exists, and never comes back', async () => {
    const server = await startSecretServer({});
    const config = makeConfig([file('a', 'web:a', { default: 'none' })]);
    const first = await pass(server, config, emptyState(config));
    const second = await pass(server, config, delivered(first), later(60_000));
    server.answers['/a'] = 'A';
    const third = await pass(server, config, delivered(second), later(120_000));
    server.answers['/a'] = status(404);
    const fourth = await pass(server, config, delivered(third), later(180_000));

    expect([first, second, third, fourth].map((result) => contents(result)['a'])).toEqual([
      'none',
      'none',
      'A',
      '(kept)',
    ]);
    expect([first, second, third, fourth].map(({ failures }) => failures.length)).toEqual([0, 0, 0, 1]);
  });
});
