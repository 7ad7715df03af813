import { describe, expect, it } from 'vitest';
import { distinctCalls } from '../../agent/calls.ts';
import { fetchCalls, type FetchOptions, type Outcome } from '../../agent/fetch.ts';
import { StoreError, type Store } from '../../agent/stores/store.ts';
import { file, httpStore, startSecretServer, status } from './support.ts';

const CALLS = (...texts: string[]) => [...distinctCalls(texts.map((text) => file(text, text))).values()];

const SILENT: Store = { read: () => new Promise(() => undefined) };
const BROKEN: Store = { read: () => Promise.reject(new TypeError('canary-s3cr3t is not a function')) };

function refuseToOpen(): Promise<Store> {
  return Promise.reject(new StoreError('configuration', 'the token file is not there'));
}

function options(store: Store, rest: Partial<FetchOptions> = {}): FetchOptions {
  const { signal } = new AbortController();
  return { open: () => Promise.resolve(store), now: Date.now, random: () => 0, signal, ...rest };
}

function told(outcomes: ReadonlyMap<string, Outcome>): string[] {
  return [...outcomes.values()].map((outcome) =>
    'error' in outcome ? outcome.error.message : Buffer.from(outcome.value.bytes).toString(),
  );
}

describe('fetching', () => {
  it('reads each distinct secret once, however many references need it', async () => {
    const server = await startSecretServer({ '/a': 'A', '/b': 'B', '/a?version=2': 'A2' });
    const files = [
      file('1', 'web:a#x'),
      file('2', 'web:a#y'),
      file('3', 'web:b'),
      file('4', 'web:a', { params: { version: '2' } }),
    ];

    const outcomes = await fetchCalls([...distinctCalls(files).values()], options(httpStore(server.url)));

    expect(told(outcomes)).toEqual(['A', 'B', 'A2']);
    expect(server.requests.toSorted()).toEqual(['/a', '/a?version=2', '/b']);
  });

  it('has at most eight calls under way', async () => {
    let underWay = 0;
    let most = 0;
    const read: Store['read'] = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay--;
      return { bytes: Buffer.from('x') };
    };

    const outcomes = await fetchCalls(CALLS(...Array.from({ length: 40 }, (_, i) => `web:${i}`)), options({ read }));

    expect(outcomes.size).toBe(40);
    expect(most).toBe(8);
  });

  it('tries again what can get better, and does not repeat what was read already', async () => {
    const server = await startSecretServer({ '/a': 'A', '/b': status(503) });
    setTimeout(() => (server.answers['/b'] = 'B'), 200);

    const outcomes = await fetchCalls(
      CALLS('web:a', 'web:b'),
      options(httpStore(server.url), { retryUntil: Date.now() + 5_000 }),
    );

    expect(told(outcomes)).toEqual(['A', 'B']);
    expect(server.requests.filter((path) => path === '/a')).toHaveLength(1);
    expect([...outcomes.values()][1]?.failedAttempts).toBeGreaterThan(0);
  });

  it('waits as long as the store asks before it tries again', async () => {
    const server = await startSecretServer({ '/a': status(429, { 'retry-after': '1' }) });
    setTimeout(() => (server.answers['/a'] = 'A'), 100);
    const start = Date.now();

    await fetchCalls(CALLS('web:a'), options(httpStore(server.url), { retryUntil: start + 5_000 }));

    expect(Date.now() - start).toBeGreaterThanOrEqual(1_000);
    expect(server.requests).toHaveLength(2);
  });

  it('gives up before the time ends when the store asks to wait longer', async () => {
    const server = await startSecretServer({ '/a': status(429, { 'retry-after': '60' }) });
    const start = Date.now();

    const outcomes = await fetchCalls(CALLS('web:a'), options(httpStore(server.url), { retryUntil: start + 3_000 }));

    expect(told(outcomes)).toEqual(['failed (429)']);
    expect(Date.now() - start).toBeLessThan(2_500);
  });

  it('ends at once when one answer is final, and still tells what else was answered', async () => {
    const server = await startSecretServer({ '/a': status(403), '/c': status(503), '/hangs': () => undefined });
    const start = Date.now();

    const outcomes = await fetchCalls(
      CALLS('web:a', 'web:b', 'web:c', 'web:hangs'),
      options(httpStore(server.url), { retryUntil: start + 15_000 }),
    );

    expect(told(outcomes).toSorted()).toEqual(['denied (403)', 'failed (503)', 'not found (404)']);
    expect(Date.now() - start).toBeLessThan(8_000);
  });

  it('tries once only when there is a good set already', async () => {
    const server = await startSecretServer({ '/a': status(503) });

    await fetchCalls(CALLS('web:a'), options(httpStore(server.url)));

    expect(server.requests).toHaveLength(1);
  });

  it('does not wait for a store that ignores both time and signal', async () => {
    const start = Date.now();

    const outcomes = await fetchCalls(CALLS('web:a'), options(SILENT, { retryUntil: start + 300 }));

    expect(told(outcomes)[0]).toMatch(/^no answer within 0.3 s$/);
    expect(Date.now() - start).toBeLessThan(5_000);
  });

  it('ends at once when the agent is to end', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);

    const outcomes = await fetchCalls(CALLS('web:a', 'web:b'), options(SILENT, { signal: stop.signal }));

    expect(outcomes.size).toBe(0);
  });

  it('shows no message of an error that is not a store error', async () => {
    const [message] = told(await fetchCalls(CALLS('web:a'), options(BROKEN)));

    expect(message).toContain('TypeError');
    expect(message).not.toContain('canary');
  });

  it('passes on why a store cannot even be opened', async () => {
    const outcomes = await fetchCalls(CALLS('web:a'), { ...options(SILENT), open: refuseToOpen });

    expect(told(outcomes)).toEqual(['the token file is not there']);
  });
});
