import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHealth } from '../../agent/health.ts';
import { createLog } from '../../agent/log.ts';
import { emptyState } from '../../agent/state.ts';
import { file, makeConfig } from './support.ts';

async function start(complete = true, port = 0) {
  const config = makeConfig([file('a', 'web:a')], { port });
  const lines: string[] = [];
  const log = createLog(
    'debug',
    (line) => lines.push(line),
    () => 0,
  );
  const server = serveHealth({ config, log }, () => ({ ...emptyState(config), complete }));
  onTestFinished(() => void server.close());
  await Promise.race([once(server, 'listening').catch(() => undefined), once(server, 'error')]);
  const address = server.address() as AddressInfo | null;
  return { lines, port: address?.port ?? 0, url: `http://127.0.0.1:${address?.port ?? 0}` };
}

describe('the listener', () => {
  it.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/metrics', 200],
    ['/metrics?x=1', 200],
    ['/', 404],
    ['/refresh', 404],
  ])('answers %s with %i', async (path, expected) => {
    const { url } = await start();

    const { status } = await fetch(`${url}${path}`);

    expect(status).toBe(expected);
  });

  it('is not ready without a complete set, and takes nothing but reads', async () => {
    const { url } = await start(false);

    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(405);
    expect(await (await fetch(`${url}/healthz`, { method: 'HEAD' })).text()).toBe('');
  });

  it.each(['constructor', '__proto__', '//', '*'])('survives a request for %s', async (target) => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.end(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);

    const [chunk] = (await once(socket, 'data')) as [Buffer];

    expect(chunk.toString()).toMatch(/^HTTP\/1.1 40[04]/);
  });

  it('warns and goes on when its port is taken', async () => {
    const { port } = await start();

    const { lines } = await start(true, port);

    expect(lines.join('')).toMatch(new RegExp(`no health and metrics on port ${port} \\(EADDRINUSE\\)`));
  });
});
