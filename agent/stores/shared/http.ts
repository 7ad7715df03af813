/** One HTTP client for all stores: no proxy, no redirect, no forbidden address, bounded in size, ended by a signal. */
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { StoreError } from '../store.ts';
import { bareHost, guardedLookup, refuseForbiddenHost, type AddressRules } from './address.ts';
import { lateAnswer, networkFailure } from './network-error.ts';

export interface HttpSettings extends AddressRules {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Certificates (PEM) to trust instead of the public ones. */
  readonly caPem?: string | undefined;
}

export interface HttpRequest {
  readonly method: string;
  /** Sent as it is: encoded, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpClient {
  /** Any status but a redirect is an answer. @throws StoreError */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

/** More than any store keeps in one secret, with room for how JSON writes it. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

interface Transport {
  readonly agent: Agent;
  readonly request: (options: RequestOptions) => ClientRequest;
}

/** Connections live until `close`, so that the calls of one pass share a TLS handshake. */
export function createHttpClient(settings: HttpSettings): HttpClient {
  const url = new URL(settings.origin);
  const base = { ...target(url), lookup: guardedLookup(settings) };
  let transport: Promise<Transport> | undefined;
  return {
    async send(request, signal) {
      refuseForbiddenHost(url, settings);
      transport ??= url.protocol === 'https:' ? openTls(settings) : openPlain();
      const { agent, request: open } = await transport;
      try {
        return await exchange(open({ ...base, ...head(request), agent }), request.body, signal);
      } catch (error) {
        throw signal.aborted ? lateAnswer(url.origin) : networkFailure(error, url.origin);
      }
    },
    close() {
      void transport?.then(({ agent }) => agent.destroy());
    },
  };
}

function target(url: URL): RequestOptions {
  const hostname = bareHost(url);
  return url.port === '' ? { hostname } : { hostname, port: url.port };
}

function head({ method, path, headers }: HttpRequest): RequestOptions {
  return { method, path, headers };
}

async function openPlain(): Promise<Transport> {
  const { Agent, request } = await import('node:http');
  return { agent: new Agent({ keepAlive: true }), request };
}

async function openTls({ caPem }: HttpSettings): Promise<Transport> {
  const { Agent, request } = await import('node:https');
  const trust = caPem === undefined ? {} : { ca: caPem };
  return { agent: new Agent({ keepAlive: true, minVersion: 'TLSv1.2', rejectUnauthorized: true, ...trust }), request };
}

/** The signal is listened to by hand: `http.request` would load streams' own machinery for it. */
function exchange(request: ClientRequest, body: HttpRequest['body'], signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise<HttpAnswer>((resolve, reject) => {
    const giveUp = () => request.destroy(new Error('given up'));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    request.once('close', () => signal.removeEventListener('abort', giveUp));
    request.once('error', reject);
    request.once('response', (response) => {
      collect(response).then(resolve, reject);
    });
    request.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    response.destroy();
    throw new StoreError(
      'malformed',
      `answered with a redirect (${status}), which is never followed: give the address of the server that answers itself`,
    );
  }
  return { status, headers: response.headers, body: await bounded(response) };
}

/** By events: iterating over a stream costs milliseconds of a start that is counted in them. */
function bounded(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) response.destroy(tooLarge());
      else chunks.push(chunk);
    });
    response.once('error', reject);
    response.once('end', () => resolve(Buffer.concat(chunks)));
  });
}

function tooLarge(): StoreError {
  return new StoreError('malformed', `answered with more than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`);
}
