/** The plain listener for the kubelet and Prometheus. It knows no Pod. */
import fastify, { type FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';

/** Why not ready, in one sentence, or `undefined`. */
export type Condition = () => string | undefined;

export interface StatusParts {
  readonly metrics: Metrics;
  readonly conditions: readonly Condition[];
  /** Brings gauges up to date before they are read. */
  readonly refresh: () => void;
}

export function createStatusServer({ metrics, conditions, refresh }: StatusParts): FastifyInstance {
  const app = fastify({
    return503OnClosing: false,
    forceCloseConnections: true,
    requestTimeout: 10_000,
    bodyLimit: 1024,
  });
  app.get('/healthz', (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', (_request, reply) => {
    const reasons = conditions.map((condition) => condition()).filter((reason) => reason !== undefined);
    const text = reasons.length === 0 ? 'ok' : `not ready: ${reasons.join('; ')}`;
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .type('text/plain')
      .send(`${text}\n`);
  });
  app.get('/metrics', async (_request, reply) => {
    refresh();
    return reply.type(metrics.contentType).send(await metrics.text());
  });
  return app;
}
