import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../webhook/log.ts';
import { createMetrics } from '../../webhook/metrics.ts';
import { startWebhook, type WebhookParts } from '../../webhook/webhook.ts';
import { handedCertificates, newCertificate } from './support/certificates.ts';
import { call } from './support/client.ts';
import { echo } from './support/server.ts';

const REVIEW = '{"request":{"uid":"u"}}';

describe('the running webhook', () => {
  const cleanup: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of cleanup.splice(0).reverse()) await step();
  });

  async function start(more: Partial<WebhookParts> = {}) {
    const { source, hand } = handedCertificates();
    const webhook = await startWebhook({
      admit: echo,
      certificates: source,
      listen: { https: 0, http: 0, host: '127.0.0.1' },
      drain: { minimumMs: 300, quietMs: 200, maximumMs: 5000 },
      log: createLog('error', { write: () => undefined }),
      metrics: createMetrics(),
      conditions: [],
      ...more,
    });
    cleanup.push(() => webhook.drain());
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${webhook.httpPort}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    return { webhook, hand, get };
  }

  it('is alive before, and ready with, its first certificate', async () => {
    const { webhook, hand, get } = await start();
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await get('/readyz')).toEqual({ status: 503, text: 'not ready: there is no certificate yet\n' });

    hand(await newCertificate());
    await webhook.serving;

    expect(await get('/readyz')).toEqual({ status: 200, text: 'ok\n' });
  });

  it('is not ready, but alive, with a certificate that has ended', async () => {
    const { webhook, hand, get } = await start();
    hand(await newCertificate(-1000));
    await webhook.serving;

    expect((await get('/readyz')).text).toMatch('not ready: the certificate ended at');
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/metrics')).text).toMatch(/certificate_not_after_timestamp_seconds\{certificate="leaf"\} \d/);
  });

  it('tells every reason for not being ready', async () => {
    const { get } = await start({ conditions: [() => 'first', () => undefined, () => 'second'] });

    expect((await get('/readyz')).text).toBe('not ready: there is no certificate yet; first; second\n');
  });

  it('gives no value for what nobody has looked at', async () => {
    const { get } = await start();

    const { text } = await get('/metrics');

    expect(text).not.toMatch(/^secrets_inject_bundle_contains_served_authority \d/m);
    expect(text).not.toMatch(/^secrets_inject_certificate_last_success_timestamp_seconds \d/m);
  });

  it('ends an admission that is under way when the end comes', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { webhook, hand, get } = await start({
      admit: (review, budget) => gate.promise.then(() => echo(review, budget)),
    });
    const certificate = await newCertificate();
    hand(certificate);
    const pending = call({ port: await webhook.serving, ca: certificate.caPem, body: REVIEW });
    await sleep(100);

    const drained = webhook.drain();
    expect((await get('/readyz')).text).toMatch('this replica is leaving');
    await sleep(900);
    gate.resolve(undefined);

    expect(await pending).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await drained;
  });

  it('does not wait at its end for connections that nobody has used', async () => {
    const { webhook, hand } = await start();
    const certificate = await newCertificate();
    hand(certificate);
    const port = await webhook.serving;
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca: certificate.caPem });
    await once(
      socket.on('error', () => undefined),
      'secureConnect',
    );
    const began = performance.now();

    await webhook.drain();

    expect(performance.now() - began).toBeLessThan(4000);
  });

  it('stays for as long as requests come, and no longer than it may', async () => {
    const { webhook, hand } = await start({ drain: { minimumMs: 200, quietMs: 500, maximumMs: 1500 } });
    const certificate = await newCertificate();
    hand(certificate);
    const port = await webhook.serving;
    const began = performance.now();
    const drained = webhook.drain();
    let answered = 0;

    await expect(async () => {
      for (;;) {
        await call({ port, ca: certificate.caPem, body: REVIEW });
        answered = performance.now() - began;
        await sleep(20);
      }
    }).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
    await drained;

    expect(answered).toBeGreaterThan(1000);
  });
});
