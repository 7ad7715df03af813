import https from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from './support/api-server.ts';
import { CONFIG, startApiServer, startServing, WebhookProcess } from './support/process.ts';
import { responseIn, reviewOf } from './support/reviews.ts';

const CANARY = 'canary-5e77af';
const ANNOTATIONS = { 'secrets.inject/file.password': 'vault:secret/db#password' };

describe('the webhook process', () => {
  let api: ApiServer;
  let running: Awaited<ReturnType<typeof startServing>>;

  beforeAll(async () => {
    api = await startApiServer();
    running = await startServing(api, { ...CONFIG, logLevel: 'debug' });
  });
  afterAll(async () => {
    await running.webhook.stop();
    await api.stop();
  });

  it('publishes its authority and injects, verified by that', async () => {
    const answer = await running.mutate(reviewOf(ANNOTATIONS));

    expect(responseIn(answer.body)).toMatchObject({ uid: 'u1', allowed: true });
    expect(Buffer.from(responseIn(answer.body).patch ?? '', 'base64').toString()).toMatch('secrets-inject');
  });

  it('denies with all that is wrong', async () => {
    const answer = await running.mutate(reviewOf({ 'secrets.inject/file.a': 'vault:x', 'secrets.inject/fil.b': 'x' }));

    expect(responseIn(answer.body).allowed).toBe(false);
    expect(responseIn(answer.body).status?.message).toMatch('secrets.inject/fil.b');
  });

  it('leaves a Pod alone that asks for nothing', async () => {
    const answer = await running.mutate(reviewOf({ other: 'x' }));

    expect(responseIn(answer.body)).toEqual({ uid: 'u1', allowed: true });
  });

  it('calls no API server for what it knows, and answers without one', async () => {
    const asked = () => api.calls.filter((call) => /^GET .*\/(shop|default|version)$/.test(call)).length;
    const before = asked();
    for (let i = 0; i < 20; i++) await running.mutate(reviewOf(ANNOTATIONS));
    expect(asked()).toBe(before);
    const ca = running.bundle();

    await api.stop();
    const answer = await running.mutate(reviewOf(ANNOTATIONS), { ca });
    const unknown = await running.mutate(reviewOf(ANNOTATIONS, { namespace: 'other' }), { ca });
    await api.start();

    expect(responseIn(answer.body).allowed).toBe(true);
    expect(responseIn(unknown.body)).toMatchObject({ allowed: false });
    expect(responseIn(unknown.body).status?.message).toMatch('cannot be reached');
  });

  it('tells a Namespace that is too new for the watch from one that does not exist', async () => {
    const answer = await running.mutate(reviewOf(ANNOTATIONS, { namespace: 'nowhere' }));

    expect(responseIn(answer.body).status?.message).toMatch('Namespace nowhere does not exist');
  });

  it('is not ended by what is nested deeply', async () => {
    const deep = `${'{"a":['.repeat(100_000)}1${']}'.repeat(100_000)}`;
    const review = reviewOf(ANNOTATIONS, { uid: 'deep' }).replace('"env":[]', `"env":[],"volumeMounts":[${deep}]`);

    const answer = await running.mutate(review);
    const plain = await running.mutate(review.replaceAll('secrets.inject/', 'other/'));

    expect(responseIn(answer.body).uid).toBe('deep');
    expect(responseIn(plain.body).allowed).toBe(true);
  });

  it('answers /healthz, /readyz and /metrics', async () => {
    const [health, ready, metrics] = await Promise.all([
      running.status('/healthz'),
      running.status('/readyz'),
      running.status('/metrics'),
    ]);

    expect([health.status, ready.status, metrics.status]).toEqual([200, 200, 200]);
    const text = await metrics.text();
    expect(text).toMatch(
      /secrets_inject_certificate_not_after_timestamp_seconds\{certificate="leaf"\} 1\.\d+e\+9|\d{10}/,
    );
    expect(text).toMatch('secrets_inject_admission_duration_seconds_count{outcome="injected"}');
    expect(text).toMatch('secrets_inject_cluster_objects{kind="namespaces"} 1');
    expect(text).toMatch('secrets_inject_bundle_contains_served_authority 1');
  });

  it('writes no word of a Pod to its log', async () => {
    const env = [{ name: 'TOKEN', value: CANARY }];
    await running.mutate(reviewOf({ ...ANNOTATIONS, note: CANARY }, { env, uid: 'logged' }), {
      headers: { 'x-y': CANARY },
    });
    await running.mutate(`{"${CANARY}`);
    await running.mutate(reviewOf({ 'secrets.inject/file.a': `no-such-backend:${CANARY}` }));
    const metrics = await (await running.status('/metrics')).text();

    await expect.poll(() => running.webhook.output).toMatch('logged');
    expect(running.webhook.output + metrics).not.toMatch(CANARY);
  });
});

describe('the end of the webhook process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('loses no request on %s, and asks everybody to leave', async (signal) => {
    const api = await startApiServer();
    const { webhook, mutate, status } = await startServing(api);
    const agent = new https.Agent({ keepAlive: true, maxSockets: 4 });
    const answers: { status: number; connection: unknown }[] = [];
    const ending = new AbortController();
    const client = async () => {
      while (!ending.signal.aborted) {
        const { status, headers } = await mutate(reviewOf(ANNOTATIONS), { agent });
        answers.push({ status, connection: headers['connection'] });
      }
    };
    const clients = Promise.all([client(), client(), client(), client()]);

    await expect.poll(() => answers.length).toBeGreaterThan(20);
    expect(answers.at(-1)?.connection).toBe('keep-alive');
    webhook.child.kill(signal);
    await expect.poll(async () => (await status('/readyz')).status).toBe(503);
    const since = answers.length;
    await expect.poll(() => answers.length).toBeGreaterThan(since + 20);
    expect(webhook.child.exitCode).toBeNull();
    ending.abort();
    await clients;

    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(answers.slice(since + 4).every(({ connection }) => connection === 'close')).toBe(true);
    expect(await webhook.end()).toBe(0);
    agent.destroy();
    await api.stop();
  });

  it('comes at once where there is not even a certificate', async () => {
    const api = await startApiServer();
    const webhook = new WebhookProcess(CONFIG, { KUBECONFIG: api.kubeconfig() });
    await api.stop();
    await expect.poll(() => webhook.port('listening'), { timeout: 15_000 }).toBeGreaterThan(0);

    webhook.child.kill('SIGTERM');

    expect(await webhook.end()).toBe(0);
  });
});

describe('a webhook process that cannot start', () => {
  it.each([
    [
      'a configuration with two mistakes',
      { logLevel: 'loud', nonsense: 1 },
      /bad configuration: .*logLevel.*nonsense|nonsense.*logLevel/,
    ],
    ['no Kubernetes', CONFIG, /no Kubernetes: neither/],
  ])('ends with one message for %s', async (_what, config, message) => {
    const webhook = new WebhookProcess(config, { HOME: '/nonexistent' });

    expect(await webhook.end()).toBe(64);

    expect(webhook.output).toMatch(message);
    expect(webhook.output.trim().split('\n')).toHaveLength(1);
  });

  it('ends with one message where its port is taken', async () => {
    const api = await startApiServer();
    const first = await startServing(api);
    const config = { ...CONFIG, listen: { ...CONFIG.listen, https: first.port } };

    const second = new WebhookProcess(config, { KUBECONFIG: api.kubeconfig() });

    expect(await second.end()).toBe(64);
    expect(second.output).toMatch('EADDRINUSE');
    await first.webhook.stop();
    await api.stop();
  });
});
