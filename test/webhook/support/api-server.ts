import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { newCertificate } from './certificates.ts';

interface Stored {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string; resourceVersion?: string; annotations?: Record<string, string> };
  webhooks?: unknown[];
}

interface Watcher {
  readonly collection: string;
  readonly response: ServerResponse;
}

/**
 * The part of an API server that the webhook uses, with resource versions, pages, watches and conflicts, over TLS with
 * a token. It can go away and come back on the same port, and counts what it is asked.
 */
export class ApiServer {
  /** `GET /api/v1/namespaces`, … without query. */
  readonly calls: string[] = [];
  /** Of the watched collections: how many objects a page holds at most. */
  pageSize = 500;
  /** Refuses to watch from before this version. */
  compactedBefore = 0;
  readonly #objects = new Map<string, Stored>();
  readonly #watchers = new Set<Watcher>();
  readonly #history: { version: number; collection: string; type: string; object: Stored }[] = [];
  #version = 100;
  #server: https.Server | undefined;
  #port = 0;
  #certificate: Awaited<ReturnType<typeof newCertificate>> | undefined;

  async start(): Promise<void> {
    this.#certificate ??= await newCertificate();
    const { chainPem, keyPem } = this.#certificate;
    this.#server = https.createServer({ cert: chainPem, key: keyPem }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address ? address.port : 0;
  }

  /** Ends all connections at once, as a crash would. */
  async stop(): Promise<void> {
    this.#watchers.clear();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  /** Path of a kubeconfig for it. */
  kubeconfig(): string {
    const ca = Buffer.from(this.#certificate?.caPem ?? '').toString('base64');
    const server = `https://localhost:${this.#port}`;
    const config = {
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': ca } }],
      users: [{ name: 'u', user: { token: 'webhook-token' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    const path = join(mkdtempSync(join(tmpdir(), 'api-')), 'kubeconfig');
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  put(collection: string, object: Stored): Stored {
    const path = `${collection}/${object.metadata.name}`;
    const type = this.#objects.has(path) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    this.#objects.set(path, stored);
    this.#tell(collection, type, stored);
    return stored;
  }

  delete(collection: string, name: string): void {
    const object = this.#objects.get(`${collection}/${name}`);
    this.#objects.delete(`${collection}/${name}`);
    if (object)
      this.#tell(collection, 'DELETED', {
        ...object,
        metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
      });
  }

  get(path: string): unknown {
    return this.#objects.get(path);
  }

  addNamespace(name: string, annotations: Record<string, string> = {}): void {
    this.put('/api/v1/namespaces', { metadata: { name, annotations } });
    this.put(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default', namespace: name } });
  }

  /** Ends every watch as the server does from time to time. */
  endWatches(): void {
    for (const { response } of this.#watchers) response.end();
    this.#watchers.clear();
  }

  count(call: string): number {
    return this.calls.filter((one) => one === call).length;
  }

  #tell(collection: string, type: string, object: Stored): void {
    this.#history.push({ version: this.#version, collection, type, object });
    for (const watcher of this.#watchers)
      if (within(collection, watcher.collection)) watcher.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    this.calls.push(`${request.method}${searchParams.has('watch') ? ' watch' : ''} ${pathname}`);
    if (request.headers.authorization !== 'Bearer webhook-token') return fail(response, 401, 'Unauthorized');
    if (pathname === '/version') return send(response, 200, { major: '1', minor: '35+' });
    if (searchParams.has('watch')) return this.#watch(pathname, searchParams, response);
    const body: unknown = request.method === 'GET' ? undefined : JSON.parse(await text(request));
    if (request.method === 'GET') return this.#read(pathname, searchParams, response);
    if (request.method === 'POST') return this.#create(pathname, body as Stored, response);
    if (request.method === 'PUT') return this.#replace(pathname, body as Stored, response);
    return this.#patch(pathname, body as Operation[], response);
  }

  #watch(collection: string, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion') ?? this.#version);
    if (from < this.compactedBefore) return fail(response, 410, 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const missed = this.#history.filter((event) => event.version > from && within(event.collection, collection));
    for (const { type, object } of missed) response.write(`${JSON.stringify({ type, object })}\n`);
    const watcher = { collection, response };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #read(path: string, query: URLSearchParams, response: ServerResponse): void {
    const object = this.#objects.get(path);
    if (object) return send(response, 200, object);
    if (this.#isName(path)) return fail(response, 404, `"${path}" not found`);
    const all = [...this.#objects].filter(([key]) => within(key.slice(0, key.lastIndexOf('/')), path));
    const at = Number(query.get('continue') ?? 0);
    const end = at + Math.min(this.pageSize, Number(query.get('limit') ?? this.pageSize));
    const items = all.slice(at, end).map(([, value]) => value);
    const metadata = { resourceVersion: String(this.#version), ...(end < all.length && { continue: String(end) }) };
    return send(response, 200, { metadata, items });
  }

  /** Whether the last segment names an object, not a collection. */
  #isName(path: string): boolean {
    return !/\/(namespaces|serviceaccounts|secrets|mutatingwebhookconfigurations)$/.test(path);
  }

  #create(collection: string, object: Stored, response: ServerResponse): void {
    if (this.#objects.has(`${collection}/${object.metadata.name}`)) return fail(response, 409, 'already exists');
    return send(response, 201, this.put(collection, object));
  }

  #replace(path: string, object: Stored, response: ServerResponse): void {
    const known = this.#objects.get(path);
    if (!known) return fail(response, 404, 'not found');
    if (object.metadata.resourceVersion !== known.metadata.resourceVersion) return fail(response, 409, 'was modified');
    return send(response, 200, this.put(path.slice(0, path.lastIndexOf('/')), object));
  }

  #patch(path: string, operations: Operation[], response: ServerResponse): void {
    const known = this.#objects.get(path);
    if (!known) return fail(response, 404, 'not found');
    try {
      const { newDocument } = fastJsonPatch.applyPatch(structuredClone(known), operations, true);
      return send(response, 200, this.put(path.slice(0, path.lastIndexOf('/')), newDocument));
    } catch {
      return fail(response, 422, 'the server rejected our request due to an error in our request');
    }
  }
}

/** Whether objects of a collection in one namespace belong to a collection over all of them. */
function within(collection: string, wanted: string): boolean {
  return collection === wanted || collection.replace(/\/namespaces\/[^/]+\//, '/') === wanted;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function fail(response: ServerResponse, code: number, message: string): void {
  send(response, code, { kind: 'Status', status: 'Failure', message, reason: http.STATUS_CODES[code], code });
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
