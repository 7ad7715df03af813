/**
 * A development store: as much of Vault's HTTP API as an agent uses (Kubernetes login, KV version 2), in memory.
 * Not a Vault: it has no policies and keeps nothing. It needs nothing but Node, so that it runs as it is in a cluster.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { subjectOf, type Verification } from './token.ts';

export interface StoreOptions extends Verification {
  /** Who may log in, by role: `system:serviceaccount:<namespace>:<name>`. */
  readonly roles: Readonly<Record<string, string>>;
  /** May write. */
  readonly rootToken: string;
  readonly secrets: Readonly<Record<string, SecretData>>;
}

export type SecretData = Readonly<Record<string, string>>;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Route = (request: IncomingMessage, text: string) => Answer;

const LEASE_SECONDS = 3600;
const MOUNT = 'secret/';
const DENIED: Answer = { status: 403, body: { errors: ['permission denied'] } };
const MISSING: Answer = { status: 404, body: { errors: [] } };

export function createDevelopmentStore(options: StoreOptions): Server {
  const answer = routes(options);
  return createServer((request, response) => void respond(request, response, answer));
}

async function respond(request: IncomingMessage, response: ServerResponse, answer: Route): Promise<void> {
  const { status, body } = answer(request, await readText(request));
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function routes(options: StoreOptions): Route {
  const versions = new Map(Object.entries(options.secrets).map(([path, data]) => [path, [data]]));
  const tokens = new Set<string>();
  return (request, text) => {
    const path = decodeURIComponent(request.url?.split('?', 1)[0]?.replace(/^\/v1\//, '') ?? '');
    const token = String(request.headers['x-vault-token'] ?? '');
    if (path === 'auth/kubernetes/login') return logIn(options, tokens, text);
    if (sameText(token, options.rootToken)) return write(versions, path, text);
    if (!tokens.has(token)) return DENIED;
    if (path === 'auth/token/renew-self') return session(token);
    if (path.startsWith('sys/internal/ui/mounts/')) return mount(path);
    return request.method === 'GET' ? read(versions, path) : DENIED;
  };
}

function logIn(options: StoreOptions, tokens: Set<string>, text: string): Answer {
  const { role, jwt } = parseObject(text);
  const subject = typeof jwt === 'string' ? subjectOf(jwt, options) : undefined;
  const isKnown = typeof role === 'string' && Object.hasOwn(options.roles, role);
  if (subject === undefined || !isKnown || options.roles[role] !== subject) return DENIED;
  const token = `dev.${randomBytes(18).toString('base64url')}`;
  tokens.add(token);
  return session(token);
}

function session(token: string): Answer {
  return {
    status: 200,
    body: { auth: { client_token: token, lease_duration: LEASE_SECONDS, renewable: true, policies: ['default'] } },
  };
}

function mount(path: string): Answer {
  if (!path.startsWith(`sys/internal/ui/mounts/${MOUNT}`)) return DENIED;
  return { status: 200, body: { data: { path: MOUNT, type: 'kv', options: { version: '2' } } } };
}

function read(versions: ReadonlyMap<string, readonly SecretData[]>, path: string): Answer {
  const all = versions.get(secretName(path)) ?? [];
  const data = all.at(-1);
  return data ? { status: 200, body: { data: { data, metadata: { version: all.length } } } } : MISSING;
}

function write(versions: Map<string, SecretData[]>, path: string, text: string): Answer {
  const { data } = parseObject(text);
  if (typeof data !== 'object' || data === null) return { status: 400, body: { errors: ['no data'] } };
  const entries = Object.entries(data).map(([key, value]) => [key, String(value)]);
  const all = [...(versions.get(secretName(path)) ?? []), Object.fromEntries(entries) as SecretData];
  versions.set(secretName(path), all);
  return { status: 200, body: { data: { version: all.length } } };
}

/** `secret/data/x` in the API is `secret/x` to its users. */
function secretName(path: string): string {
  return path.replace(`${MOUNT}data/`, MOUNT);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
