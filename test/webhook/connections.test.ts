import { setTimeout as sleep } from 'node:timers/promises';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { watchLoad } from '../../webhook/load.ts';
import { serveCertificate } from '../../webhook/server.ts';
import { newCertificate } from './support/certificates.ts';
import { call } from './support/client.ts';
import { echo, startServer } from './support/server.ts';

const REVIEW = '{"request":{"uid":"u"}}';

describe('connections', () => {
  const cleanup: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of cleanup.splice(0).reverse()) await step();
  });

  async function start(...args: Parameters<typeof startServer>) {
    const server = await startServer(...args);
    cleanup.push(server.stop);
    return server;
  }

  function keepAlive(): https.Agent {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    cleanup.push(() => agent.destroy());
    return agent;
  }

  function handshake(port: number, options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = tls.connect({ host: '127.0.0.1', servername: 'localhost', port, ...options }, () =>
        resolve(socket),
      );
      socket.on('error', reject);
      cleanup.push(() => socket.destroy());
    });
  }

  it('speaks HTTP/1.1 alone, also with those who would rather speak HTTP/2', async () => {
    const { port, ca } = await start();

    const socket = await handshake(port, { ca, ALPNProtocols: ['h2', 'http/1.1'] });

    expect(socket.alpnProtocol).toBe('http/1.1');
    await expect(handshake(port, { ca, ALPNProtocols: ['h2'] })).rejects.toThrow(/no.application.protocol/i);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const { port, ca } = await start();

    const socket = await handshake(port, { ca, minVersion: version, maxVersion: version });

    expect(socket.getProtocol()).toBe(version);
  });

  it('refuses TLS 1.1, also after a new certificate, and counts that', async () => {
    const { port, ca, app, certificate, metrics } = await start();
    const old = { ca, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

    await expect(handshake(port, old)).rejects.toThrow(/SSL|disconnected|reset/);
    serveCertificate(app, certificate);
    await expect(handshake(port, old)).rejects.toThrow(/SSL|disconnected|reset/);
    expect(await metrics.text()).toMatch(/secrets_inject_tls_client_errors_total\{code="ERR_SSL_[A-Z0-9_]+"\} 2/);
  });

  it('swaps the certificate for new handshakes while an open connection goes on', async () => {
    const { port, ca, app } = await start();
    const agent = keepAlive();
    const next = await newCertificate();
    await call({ port, ca, body: REVIEW, agent });

    serveCertificate(app, next);

    await expect(call({ port, ca, body: REVIEW, agent })).resolves.toMatchObject({ status: 200 });
    const fresh = await handshake(port, { ca: next.caPem });
    expect(fresh.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase()).toBe(next.fingerprint);
    await expect(handshake(port, { ca })).rejects.toThrow(/certificate/);
  });

  it('keeps the good certificate where the new pair does not fit', async () => {
    const { port, ca, app, certificate } = await start();
    const other = await newCertificate();

    expect(() => serveCertificate(app, { ...certificate, keyPem: other.keyPem })).toThrow(/key values mismatch/);

    await expect(handshake(port, { ca })).resolves.toBeDefined();
  });

  it('keeps idle connections beyond the timeout of a request', async () => {
    const { port, ca, app } = await start(echo, { timeouts: { keepAlive: 60_000, request: 300, checkEvery: 50 } });
    const agent = keepAlive();
    let connections = 0;
    app.server.on('secureConnection', () => connections++);
    await call({ port, ca, body: REVIEW, agent });

    await sleep(1200);
    const answer = await call({ port, ca, body: REVIEW, agent });

    expect(answer.status).toBe(200);
    expect(connections).toBe(1);
  });

  it('answers on a connection that was opened long in advance', async () => {
    const { port, ca } = await start(echo, { timeouts: { keepAlive: 60_000, request: 300, checkEvery: 50 } });
    const socket = await handshake(port, { ca });
    const text = readAll(socket);

    await sleep(1000);
    socket.write(`POST /mutate HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n`);
    socket.write(`Content-Length: ${REVIEW.length}\r\n\r\n${REVIEW}`);

    expect(await text).toMatch('HTTP/1.1 200');
  });

  it('gives up on a request that comes late on such a connection and does not come to its end', async () => {
    const { port, ca } = await start(echo, { timeouts: { keepAlive: 60_000, request: 300, checkEvery: 50 } });
    const socket = await handshake(port, { ca });
    const text = readAll(socket);

    await sleep(1000);
    socket.write('POST /mutate HTTP/1.1\r\nHost:');

    expect(await text).toMatch('408');
  });

  it('ends without a word what nobody has used for as long as connections are kept', async () => {
    const { port, ca } = await start(echo, { timeouts: { keepAlive: 600, request: 300, checkEvery: 50 } });
    const socket = await handshake(port, { ca });

    expect(await readAll(socket)).toBe('');
  });

  it('keeps idle connections for longer than the 90 s of an API server', async () => {
    const { app } = await start();

    expect(app.server.keepAliveTimeout).toBeGreaterThan(120_000);
    expect(app.server.maxRequestsPerSocket ?? 0).toBe(0);
    expect(app.server.requestTimeout).toBe(10_000);
    // Above it, Node would take the two for each other.
    expect(app.server.headersTimeout).toBeLessThanOrEqual(app.server.requestTimeout);
  });

  it('gives up on a request that does not come to its end', async () => {
    const { port, ca } = await start(echo, { timeouts: { request: 300, checkEvery: 50 } });
    const socket = await handshake(port, { ca });
    socket.write('POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');

    const text = await readAll(socket);

    expect(text).toMatch('408');
  });

  it('answers what is not HTTP with 400, and plain HTTP with nothing', async () => {
    const { port, ca, metrics } = await start();
    const socket = await handshake(port, { ca });
    socket.write('BOGUS\r\n\r\n');
    const plain = net.connect({ host: '127.0.0.1', port });
    plain.write('POST /mutate HTTP/1.1\r\nHost: x\r\n\r\n');

    expect(await readAll(socket)).toMatch('HTTP/1.1 400');
    expect(await readAll(plain)).not.toMatch('HTTP/1.1');
    expect(await metrics.text()).toMatch('status="400"');
  });

  it('asks every peer to leave while it drains', async () => {
    const { port, ca } = await start(echo, { draining: () => true });

    const answers = [
      await call({ port, ca, body: REVIEW, agent: keepAlive() }),
      await call({ port, ca, body: '{', agent: keepAlive() }),
      await call({ port, ca, path: '/none', agent: keepAlive() }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 400, 404]);
    expect(answers.map(({ headers }) => headers.connection)).toEqual(['close', 'close', 'close']);
  });

  it('refuses with 503, and asks to try again, rather than hold more bodies than it has room for', async () => {
    const gate = Promise.withResolvers<undefined>();
    const admitted = { body: '{}', outcome: 'injected', uid: '', namespace: '', name: '', problems: 0 } as const;
    const slow = async () => (await gate.promise) ?? admitted;
    const load = watchLoad(REVIEW.length * 2);
    cleanup.push(() => load.stop());
    const { port, ca, lines } = await start(slow, { load });
    const waiting = [call({ port, ca, body: REVIEW }), call({ port, ca, body: REVIEW })];
    await expect.poll(async () => (await call({ port, ca, body: REVIEW })).status).toBe(503);

    const refused = await call({ port, ca, body: REVIEW });
    gate.resolve(undefined);

    expect(refused.headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
    expect(refused.body).toMatch('overloaded: too many requests at once; add replicas');
    expect(lines.join('')).toMatch('overloaded');
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    await expect.poll(async () => (await call({ port, ca, body: REVIEW })).status).toBe(200);
  });

  it('refuses with 503 what cannot be answered within its timeout', async () => {
    const load = watchLoad(1e6);
    cleanup.push(() => load.stop());
    const { port, ca } = await start(echo, { load });

    for (let i = 0; i < 3; i++) {
      const until = performance.now() + 500;
      while (performance.now() < until);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const answers = [await call({ port, ca, path: '/mutate?timeout=1s', body: REVIEW })];

    expect(answers[0]?.status).toBe(503);
    await sleep(400);
    expect((await call({ port, ca, path: '/mutate?timeout=1s', body: REVIEW })).status).toBe(200);
  });
});

function readAll(socket: net.Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}
