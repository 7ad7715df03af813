/** An agent in this process with a clock of its own, and a small real HTTP server as its store. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Agent } from '../../agent/agent.ts';
import { readPaths } from '../../agent/config.ts';
import { createLog } from '../../agent/log.ts';
import { StoreError, type SecretRequest, type SecretValue, type Store } from '../../agent/stores/store.ts';
import type { AgentConfig, FileConfig, ValueReference } from '../../contract/agent-config.ts';

export interface Workspace {
  readonly root: string;
  readonly files: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly read: (path: string) => string;
}

export function makeWorkspace(): Workspace {
  const root = mkdtempSync(join(tmpdir(), 'secrets-inject-agent-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folder = (name: string): string => join(root, name);
  for (const name of ['files', 'state', 'secrets']) mkdirSync(folder(name));
  const environment = {
    SECRETS_INJECT_FILES_DIR: folder('files'),
    SECRETS_INJECT_STATE_DIR: folder('state'),
    SECRETS_INJECT_TERMINATION_LOG: folder('termination-log'),
  };
  return {
    root,
    files: folder('files'),
    environment,
    read: (path) => readFileSync(join(folder('files'), path), 'utf8'),
  };
}

export interface SecretServer {
  readonly url: string;
  /** By path; changed at will. */
  readonly answers: Record<string, Answer>;
  readonly requests: string[];
}

type Answer = string | ((response: ServerResponse) => void);

export async function startSecretServer(answers: Record<string, Answer>): Promise<SecretServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const answer = answers[path] ?? ((missing) => missing.writeHead(404).end());
    if (typeof answer === 'string') response.end(answer);
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, requests };
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(code, headers).end();
}

/** A store as small as can be: `GET <url>/<name>`. */
export function httpStore(url: string): Store {
  return { read: (request, signal) => httpRead(url, request, signal) };
}

function httpRead(url: string, { name, params }: SecretRequest, signal: AbortSignal): Promise<SecretValue> {
  const query = new URLSearchParams(params).toString();
  return new Promise((resolve, reject) => {
    const request = get(`${url}/${name}${query && `?${query}`}`, { signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ bytes: Buffer.concat(chunks), version: 'v1' });
        else reject(httpError(response.statusCode ?? 0, response.headers['retry-after']));
      });
    });
    request.on('error', () => reject(new StoreError('unreachable', 'connection failed')));
  });
}

function httpError(code: number, retryAfter: string | undefined): StoreError {
  if (code === 404) return new StoreError('missing', 'not found (404)');
  if (code === 403) return new StoreError('denied', 'denied (403)');
  if (code === 410) return new StoreError('disabled', 'disabled (410)');
  const retryAfterMs = retryAfter === undefined ? undefined : Number(retryAfter) * 1000;
  return new StoreError(code === 429 ? 'throttled' : 'unreachable', `failed (${code})`, retryAfterMs);
}

/** `store:name#property` as a reference. */
export function reference(text: string, rest: Partial<ValueReference> = {}): ValueReference {
  const [, store = '', name = '', property] = /^([^:]+):([^#]+)(?:#(.*))?$/.exec(text) ?? [];
  return { text, store, name, params: {}, ...(property !== undefined && { property }), ...rest };
}

export function file(path: string, text: string, rest: Partial<ValueReference> = {}, mode = 0o444): FileConfig {
  return { path, mode, value: reference(text, rest) };
}

export function makeConfig(files: readonly FileConfig[], rest: Partial<AgentConfig> = {}): AgentConfig {
  return {
    version: 1,
    namespace: 'shop',
    mode: 'refresh',
    refreshIntervalMs: 60_000,
    initTimeoutMs: 2_000,
    logLevel: 'debug',
    port: 0,
    nameLabels: true,
    stores: { web: { backend: 'file', root: '/unused' } },
    files,
    ...rest,
  };
}

export interface TestAgent extends Agent {
  readonly clock: { now: number };
  readonly lines: string[];
  readonly stop: AbortController;
}

/** The store `web` is the server; time stands still unless a test moves it, but for the first set's retries. */
export function makeAgent(workspace: Workspace, server: Pick<SecretServer, 'url'>, config: AgentConfig): TestAgent {
  const clock = { now: Date.now() };
  const started = Date.now();
  const now = (): number => clock.now + Date.now() - started;
  const lines: string[] = [];
  const stop = new AbortController();
  return {
    config,
    paths: readPaths(workspace.environment),
    log: createLog('debug', (line) => lines.push(line), now),
    now,
    random: () => 0.5,
    signal: stop.signal,
    startedAt: clock.now,
    openStore: () => Promise.resolve(httpStore(server.url)),
    clock,
    lines,
    stop,
  };
}
