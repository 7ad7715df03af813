/** A proxy in front of a real server that fails on demand: what the server itself cannot be made to do. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { KeyPair } from '../../../certs/authority.ts';
import { forward, type Forwarded } from './forward.ts';

export type Fault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The whole answer, but only after so many milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The head and half of the body, then the connection is closed. */
  | { readonly kind: 'cut' }
  /** The head and half of the body, then nothing more. */
  | { readonly kind: 'stall' }
  /** A body without end. */
  | { readonly kind: 'endless' };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FaultyProxy {
  readonly address: string;
  readonly seen: SeenRequest[];
  /** The next `times` requests whose path contains `path` fail so. */
  fail(fault: Fault, options?: { readonly times?: number; readonly path?: string }): void;
  /** All faults end, and what was seen is forgotten. */
  heal(): void;
  stop(): Promise<void>;
}

interface Planned {
  readonly fault: Fault;
  readonly path: string;
  times: number;
}

interface ProxyOptions {
  readonly host?: string;
  /** Speaks TLS with this certificate, as `localhost`. */
  readonly tls?: KeyPair;
}

export async function startFaultyProxy(upstream: string, options: ProxyOptions = {}): Promise<FaultyProxy> {
  const seen: SeenRequest[] = [];
  let planned: Planned[] = [];
  const { host = '127.0.0.1', tls } = options;
  const listener: RequestListener = (request, response) => {
    void serve(request, response).catch(() => response.destroy());
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const { method = '', url: path = '', headers } = request;
    seen.push({ method, path, headers, body: body.toString('latin1') });
    const fault = take(planned, path);
    if (fault?.kind === 'answer') return void response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    if (fault?.kind === 'endless') return endless(response);
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    return pass(upstream, { method, path, headers, body }, response, fault?.kind);
  };
  const server = tls
    ? createTlsServer({ cert: tls.certificatePem, key: tls.keyPem }, listener)
    : createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: tls ? `https://localhost:${port}` : `http://${host}:${port}`,
    seen,
    fail(fault, { times = Infinity, path = '' } = {}) {
      planned.push({ fault, path, times });
    },
    heal() {
      planned = [];
      seen.length = 0;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function take(planned: Planned[], path: string): Fault | undefined {
  const found = planned.find((plan) => plan.times > 0 && path.includes(plan.path));
  if (found === undefined) return undefined;
  found.times -= 1;
  return found.fault;
}

async function pass(upstream: string, call: Forwarded, response: ServerResponse, fault?: string): Promise<void> {
  const { status, headers, body } = await forward(upstream, call);
  response.writeHead(status, { ...headers, 'content-length': body.length });
  if (fault !== 'cut' && fault !== 'stall') return void response.end(body);
  response.write(body.subarray(0, body.length / 2), () => void (fault === 'cut' && response.destroy()));
}

function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, 'x');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  more();
}
