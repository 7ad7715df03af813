/** Routes without a port: HTTP in, HTTP out. What an admission decides comes from the injected `admit`. */
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Server } from 'node:https';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { refuseBrokenRequest } from './broken-request.ts';
import { BadInput, parseJson } from './json.ts';
import type { Load } from './load.ts';
import { describeUnexpected, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { timeBudget } from './time-budget.ts';

export type Outcome = 'injected' | 'skipped' | 'denied' | 'failed';

/** The answer to one review, and what may be told of it. */
export interface Admitted {
  /** The AdmissionReview to send, as JSON. */
  readonly body: string;
  readonly outcome: Outcome;
  readonly uid: string;
  readonly namespace: string;
  /** The Pod's name, or its generateName. */
  readonly name: string;
  readonly problems: number;
}

/**
 * @param budgetMs time until the API server stops waiting
 * @throws BadInput for what is no review of a Pod; everything else becomes an answer
 */
export type Admit = (review: unknown, budgetMs: number) => Admitted | Promise<Admitted>;

export interface ServerParts {
  readonly admit: Admit;
  readonly load: Load;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Whether every answer asks its peer to connect anew. */
  readonly draining: () => boolean;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

export type AdmissionServer = FastifyInstance<Server>;

/** An AdmissionReview has an object and an old object of up to 3 MB each, and some overhead. */
const BODY_LIMIT = 7 * 1024 * 1024;

/** In milliseconds. */
const TIMEOUTS = {
  /** The API server keeps idle connections for 90 s; whoever closes first loses requests. */
  keepAlive: 125_000,
  /** From the first byte of a request; Node counts head and whole request from there, so idle time is not in it. */
  request: 10_000,
  checkEvery: 5000,
};

export type Timeouts = typeof TIMEOUTS;

declare module 'fastify' {
  interface FastifyRequest {
    /** On the clock of `performance.now()`. */
    arrivedAt: number;
    budgetMs: number;
  }
}

export function createAdmissionServer(parts: ServerParts): AdmissionServer {
  const app = fastify({
    https: tlsOptions({ ...TIMEOUTS, ...parts.timeouts }),
    keepAliveTimeout: parts.timeouts?.keepAlive ?? TIMEOUTS.keepAlive,
    // Of connections that have not been used yet: see `isUnused`.
    connectionTimeout: parts.timeouts?.keepAlive ?? TIMEOUTS.keepAlive,
    requestTimeout: parts.timeouts?.request ?? TIMEOUTS.request,
    bodyLimit: BODY_LIMIT,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: refuseBrokenRequest(parts.metrics),
  });
  app.decorateRequest('arrivedAt', 0);
  app.decorateRequest('budgetMs', 0);
  acceptJsonOnly(app);
  app.post('/mutate', { onRequest: takeLoad(parts) }, mutate(parts));
  app.setNotFoundHandler((_request, reply) =>
    refuse(parts, reply, 404, 'nothing here: POST an AdmissionReview to /mutate'),
  );
  app.setErrorHandler((error: FastifyError, _request, reply) => refuseError(parts, error, reply));
  app.server.on('tlsClientError', (error: Error & { code?: string }) =>
    parts.metrics.tlsErrors.inc({ code: error.code ?? 'unknown' }),
  );
  return app;
}

function tlsOptions(timeouts: Timeouts) {
  return {
    minVersion: 'TLSv1.2' as const,
    // The API server speaks HTTP/1.1 to webhooks in any case.
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: timeouts.request,
    headersTimeout: timeouts.request,
    requestTimeout: timeouts.request,
    connectionsCheckingInterval: timeouts.checkEvery,
  };
}

/** For new handshakes; connections that are open stay as they are. @throws where the pair does not fit */
export function serveCertificate(app: AdmissionServer, pair: { chainPem: string; keyPem: string }): void {
  const context: SecureContextOptions = { cert: pair.chainPem, key: pair.keyPem, minVersion: 'TLSv1.2' };
  // A server that was given a bad pair would have lost its good one.
  createSecureContext(context);
  app.server.setSecureContext(context);
}

function acceptJsonOnly(app: AdmissionServer): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => done(null, text));
}

/** Refuses what could not be answered in time before its body is read. */
function takeLoad({ load }: ServerParts) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    request.arrivedAt = performance.now();
    request.budgetMs = timeBudget(request.url);
    const length = Number(request.headers['content-length'] ?? BODY_LIMIT);
    const bytes = Math.min(Number.isNaN(length) ? BODY_LIMIT : length, BODY_LIMIT);
    const refusal = load.take(bytes, request.budgetMs);
    if (refusal !== undefined) return done(new Overloaded(refusal));
    reply.raw.once('close', () => load.give(bytes));
    done();
  };
}

function mutate(parts: ServerParts) {
  const send = (request: FastifyRequest, reply: FastifyReply, admitted: Admitted) => {
    const seconds = (performance.now() - request.arrivedAt) / 1000;
    parts.metrics.admissionDuration.observe({ outcome: admitted.outcome }, seconds);
    tell(parts.log, admitted, seconds);
    if (parts.draining()) reply.header('connection', 'close');
    reply.type('application/json').send(admitted.body);
  };
  // Not `async`: nearly every answer is there at once.
  return (request: FastifyRequest, reply: FastifyReply) => {
    const left = request.budgetMs - (performance.now() - request.arrivedAt);
    if (left <= 0) throw new Overloaded('the request came in too slowly for its timeout');
    const admitted = parts.admit(parseJson(typeof request.body === 'string' ? request.body : ''), left);
    if (!(admitted instanceof Promise)) return send(request, reply, admitted);
    admitted.then(
      (later) => send(request, reply, later),
      (error: unknown) => reply.send(error),
    );
  };
}

/** What went well is counted by a metric and marked on the Pod. */
const LEVEL = { injected: 'debug', skipped: 'debug', denied: 'info', failed: 'warn' } as const;

/** Never the object, the patch, a header or an environment: only this. */
function tell(log: Log, { outcome, uid, namespace, name, problems }: Admitted, seconds: number): void {
  const milliseconds = Math.round(seconds * 10_000) / 10;
  log[LEVEL[outcome]]('admission', { outcome, uid, namespace, name, problems, milliseconds });
}

class Overloaded extends Error {
  override readonly name = 'Overloaded';
}

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'the request is not valid HTTP',
  413: `the body is larger than ${BODY_LIMIT} bytes`,
  415: 'the content type must be application/json',
};

function refuseError(parts: ServerParts, error: FastifyError, reply: FastifyReply): FastifyReply {
  if (error instanceof BadInput) return refuse(parts, reply, 400, error.message);
  if (error instanceof Overloaded) {
    parts.log.warn(error.message);
    // The API server tries again by itself within its own timeout, on another connection and so maybe another replica.
    return refuse(parts, reply.header('retry-after', '1').header('connection', 'close'), 503, error.message);
  }
  const status = error.statusCode ?? 500;
  // What is left of the body is read and dropped: closing now could take the answer away from the client.
  if (status === 413) reply.removeHeader('connection');
  if (status >= 500) parts.log.error('unexpected error in a request', describeUnexpected(error));
  return refuse(parts, reply, status, MESSAGES[status] ?? 'unexpected error: see the log of the webhook');
}

/** Plain text, since the API server shows that to the user. */
function refuse(parts: ServerParts, reply: FastifyReply, status: number, message: string): FastifyReply {
  parts.metrics.requestsRefused.inc({ status: String(status) });
  if (parts.draining()) reply.header('connection', 'close');
  return reply.code(status).type('text/plain; charset=utf-8').send(`secrets-inject: ${message}\n`);
}
