/** /healthz, /readyz and /metrics. Starts once the first set is in place: until then nothing answers. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Agent } from './agent.ts';
import { renderMetrics } from './metrics.ts';
import type { AgentState } from './state.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/** A port that is taken is the user's to settle: the files matter more than the listener. */
export function serveHealth({ config, log }: Pick<Agent, 'config' | 'log'>, state: () => AgentState): Server {
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8_192 },
    listener({
      '/healthz': () => ({ status: 200, body: 'ok\n' }),
      '/readyz': () => (state().complete ? { status: 200, body: 'ok\n' } : { status: 503, body: 'no files yet\n' }),
      '/metrics': () => ({ status: 200, body: renderMetrics(config, state()), type: 'text/plain; version=0.0.4' }),
    }),
  );
  server.maxConnections = 32;
  server.on('error', (error: NodeJS.ErrnoException) => {
    log.warn(`no health and metrics on port ${config.port} (${error.code ?? 'error'}); the files are kept current`);
  });
  return server.listen(config.port);
}

function listener(routes: Readonly<Record<string, () => Answer>>): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1).join('');
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const { status, body, type = 'text/plain; charset=utf-8' } = answer(isRead, route);
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? '' : body);
  };
}

function answer(isRead: boolean, route: (() => Answer) | undefined): Answer {
  if (route === undefined) return { status: 404, body: 'not found\n' };
  return isRead ? route() : { status: 405, body: 'only GET\n' };
}
