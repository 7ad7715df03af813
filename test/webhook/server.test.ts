import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadInput } from '../../webhook/json.ts';
import { call } from './support/client.ts';
import { startServer, type TestServer } from './support/server.ts';

const CANARY = 'canary-7b1f3c';

describe('the admission server', () => {
  let server: TestServer;
  let caught: unknown;

  beforeAll(async () => {
    server = await startServer((review) => {
      const { request } = review as { request?: { uid: string; fail?: string } };
      if (request === undefined) throw new BadInput('the review has no request');
      if (request.fail !== undefined) throw new Error(`unexpected ${request.fail}`);
      caught = review;
      return {
        body: '{"answered":true}',
        outcome: 'denied',
        uid: request.uid,
        namespace: 'shop',
        name: 'web-',
        problems: 2,
      };
    });
  });
  afterAll(() => server.stop());

  const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
    call({ port: server.port, ca: server.ca, body, headers });

  it('hands the review over and sends the answer back', async () => {
    const answer = await post('{"request":{"uid":"u1"}}');

    expect(answer).toMatchObject({ status: 200, body: '{"answered":true}' });
    expect(answer.headers['content-type']).toMatch('application/json');
    expect(caught).toEqual({ request: { uid: 'u1' } });
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])('accepts %s', async (type) => {
    const answer = await post('{"request":{"uid":"u"}}', { 'content-type': type });

    expect(answer.status).toBe(200);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'multipart/form-data', ''])(
    'refuses content type "%s" with 415',
    async (type) => {
      const answer = await post('{}', { 'content-type': type });

      expect(answer).toMatchObject({
        status: 415,
        body: 'secrets-inject: the content type must be application/json\n',
      });
    },
  );

  it.each([
    ['broken JSON', `{"request": ${CANARY}`, 'not valid JSON'],
    ['no body', '', 'not valid JSON'],
    ['a __proto__ key', `{"request":{"uid":"u","__proto__":{"x":"${CANARY}"}}}`, '__proto__'],
    ['an escaped __proto__ key', String.raw`{"request":{"uid":"u","\u005f_proto__":1}}`, '__proto__'],
    ['a deep __proto__ key', `${'[{"a":'.repeat(1000)}{"__proto__":1}${'}]'.repeat(1000)}`, '__proto__'],
    ['a flood of small values', `[${'{},'.repeat(2_000_000)}0]`, 'more than 300000 values'],
    ['no request', '{}', 'no request'],
    ['deep arrays', '['.repeat(100_000) + ']'.repeat(100_000), 'no request'],
    ['deep objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'no request'],
  ])('refuses %s with 400 and one sentence', async (_what, body, message) => {
    const answer = await post(body);

    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(message);
    expect(answer.body.trim().split('\n')).toHaveLength(1);
    expect(answer.body).not.toMatch(CANARY);
  });

  it('takes a __proto__ in a text for a text', async () => {
    const answer = await post(JSON.stringify({ request: { uid: 'u', note: '{"__proto__":1}' } }));

    expect(answer.status).toBe(200);
  });

  it.each([
    ['declared', true],
    ['chunked', false],
  ])('refuses 8 MiB (%s) with 413 and stays small', async (_how, declared) => {
    const body = Buffer.alloc(8 * 1024 * 1024, 0x20);
    const before = process.memoryUsage().rss;

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(body, declared ? {} : { 'transfer-encoding': 'chunked' })),
    );

    expect(answers.map(({ status }) => status)).toEqual([413, 413, 413, 413, 413]);
    expect(answers[0]?.body).toMatch('larger than 7340032 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  it('takes a review of just under 7 MiB', async () => {
    const answer = await post(JSON.stringify({ request: { uid: 'u', filler: 'x'.repeat(7 * 1024 * 1024 - 100) } }));

    expect(answer.status).toBe(200);
  });

  it.each([
    ['GET', '/mutate'],
    ['PUT', '/mutate'],
    ['POST', '/'],
    ['POST', '/metrics'],
    ['GET', '/healthz'],
  ])('knows nothing of %s %s', async (method, path) => {
    const answer = await call({
      port: server.port,
      ca: server.ca,
      method,
      path,
      ...(method !== 'GET' && { body: '{}' }),
    });

    expect(answer.status).toBe(404);
    expect(answer.body).toMatch('/mutate');
  });

  it('answers an unexpected error with 500, telling where but not what', async () => {
    const answer = await post(JSON.stringify({ request: { uid: 'u', fail: CANARY } }));

    expect(answer.status).toBe(500);
    expect(answer.body).not.toMatch(CANARY);
    expect(server.lines.join('')).toMatch('server.test.ts');
  });

  it('logs who and how, never what', async () => {
    const body = { request: { uid: 'u7', object: { spec: CANARY, metadata: { annotations: { a: CANARY } } } } };

    await post(JSON.stringify(body), { 'x-token': CANARY, authorization: `Bearer ${CANARY}` });

    const line = JSON.parse(server.lines.findLast((entry) => entry.includes('u7')) ?? '{}') as object;
    expect(line).toMatchObject({
      message: 'admission',
      outcome: 'denied',
      uid: 'u7',
      namespace: 'shop',
      name: 'web-',
      problems: 2,
    });
    expect(server.lines.join('')).not.toMatch(CANARY);
    expect(await server.metrics.text()).not.toMatch(CANARY);
  });

  it('measures', async () => {
    await post('{"request":{"uid":"u"}}');
    await post('{');

    const text = await server.metrics.text();
    expect(text).toMatch(/secrets_inject_admission_duration_seconds_count\{outcome="denied"\} \d+/);
    expect(text).toMatch(/secrets_inject_requests_refused_total\{status="400"\} \d+/);
    expect(text).toMatch(/secrets_inject_requests_refused_total\{status="413"\} \d+/);
  });
});
