/**
 * The API server, as far as it is needed, reached as the kubeconfig or the Pod's own ServiceAccount says. Paths are
 * used as they are: the generated client reads whole objects where metadata do, and quotes bodies (Secrets too) in its
 * errors.
 */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { KubernetesFailure, type FailureKind } from '../certs/ports.ts';

export interface KubernetesRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly body?: unknown;
  /** For a patch, the type of its body. */
  readonly contentType?: string;
  readonly accept?: string;
  readonly timeoutMs?: number;
}

export interface WatchRequest {
  readonly accept?: string;
  /** Silence after which the connection counts as dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  readonly onEvent: (event: unknown) => void;
}

/** Rejects with KubernetesFailure, whose messages never quote an object. */
export interface KubernetesApi {
  request(path: string, request?: KubernetesRequest): Promise<unknown>;
  /** Resolves when the server has ended the watch. */
  watch(path: string, request: WatchRequest): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/**
 * @param file a kubeconfig; absent: what the environment says, else the ServiceAccount of this container
 * @throws Error where there is none of these
 */
export function connectKubernetes(file?: string): KubernetesApi {
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  const cluster = config.getCurrentCluster();
  // The library falls back to a server that nobody runs.
  if (!cluster || cluster.server === 'http://localhost:8080')
    throw new Error('no Kubernetes: neither a ServiceAccount in this container nor a current context in a kubeconfig');
  return apiOf(config, cluster.server);
}

function apiOf(config: KubeConfig, server: string): KubernetesApi {
  const send = async (path: string, request: KubernetesRequest, signal?: AbortSignal): Promise<IncomingMessage> => {
    const options: https.RequestOptions = { method: request.method ?? 'GET', headers: {}, ...(signal && { signal }) };
    await config.applyToHTTPSOptions(options);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    options.headers = { ...(options.headers as http.OutgoingHttpHeaders), ...headersOf(request, body) };
    return exchange(new URL(server.replace(/\/$/, '') + path), options, body);
  };
  return {
    async request(path, request = {}) {
      const response = await send(path, request, AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS)).catch(
        unreachable,
      );
      const text = await textOf(response).catch(unreachable);
      return answerOf(response.statusCode ?? 0, text);
    },
    async watch(path, request) {
      const response = await send(path, request, request.signal).catch(unreachable);
      if (response.statusCode !== 200) answerOf(response.statusCode ?? 0, await textOf(response).catch(unreachable));
      request.onOpen();
      response.setTimeout(request.silenceMs, () => response.destroy(new Error('the watch has gone silent')));
      await readLines(response, (line) => request.onEvent(parse(line))).catch(unreachable);
    },
  };
}

function headersOf(request: KubernetesRequest, body: string | undefined): http.OutgoingHttpHeaders {
  return {
    accept: request.accept ?? 'application/json',
    'user-agent': 'secrets-inject',
    ...(body !== undefined && {
      'content-type': request.contentType ?? 'application/json',
      'content-length': Buffer.byteLength(body),
    }),
  };
}

function exchange(url: URL, options: https.RequestOptions, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'http:' ? http : https).request(url, options, resolve);
    request.on('error', reject);
    request.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function readLines(response: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  }
}

function answerOf(status: number, text: string): unknown {
  if (status >= 200 && status < 300) return parse(text);
  throw failureOf(status, text);
}

const KIND: Readonly<Record<number, FailureKind>> = { 401: 'denied', 403: 'denied', 404: 'missing', 409: 'conflict' };

/** Only messages that name objects are passed on: those of 400, 422 or 500 may quote what was sent. */
function failureOf(status: number, text: string): KubernetesFailure {
  const kind = KIND[status];
  const said = kind === undefined ? undefined : messageOf(text);
  const failure = new KubernetesFailure(kind ?? 'other', `the API server answered ${status}${said ? `: ${said}` : ''}`);
  return Object.assign(failure, { status });
}

function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message.slice(0, 300) : undefined;
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KubernetesFailure('other', 'the API server answered something that is not JSON');
  }
}

/** Errors of Node's sockets name addresses and reasons, nothing that was sent. */
function unreachable(error: unknown): never {
  if (error instanceof KubernetesFailure) throw error;
  const reason = error instanceof Error ? error.message : 'unknown';
  throw new KubernetesFailure('other', `the API server cannot be reached: ${reason}`);
}
