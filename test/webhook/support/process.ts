import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { ApiServer } from './api-server.ts';
import { call, type Call } from './client.ts';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const MAIN = join(import.meta.dirname, '../../../webhook/main.ts');

export const CONFIG = {
  listen: { https: 0, http: 0, host: '127.0.0.1' },
  drain: { minimum: '1s', quiet: '1s', maximum: '20s' },
  agent: { image: 'example.com/agent:1' },
  vault: { addresses: [{ url: 'https://vault.vault.svc:8200', role: 'web' }] },
};

/** An API server that the webhook finds everything in. */
export async function startApiServer(): Promise<ApiServer> {
  const api = new ApiServer();
  api.addNamespace('shop');
  api.put(CONFIGURATIONS, { metadata: { name: 'secrets-inject' }, webhooks: [{ clientConfig: {} }] });
  await api.start();
  return api;
}

export function bundleIn(api: ApiServer): string {
  const { webhooks } = api.get(`${CONFIGURATIONS}/secrets-inject`) as {
    webhooks: { clientConfig: { caBundle?: string } }[];
  };
  return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();
}

/** The real process, and all that it writes. */
export class WebhookProcess {
  output = '';
  readonly child: ChildProcess;

  constructor(config: unknown, environment: Record<string, string>) {
    const file = join(mkdtempSync(join(tmpdir(), 'webhook-')), 'config.yaml');
    writeFileSync(file, stringify(config));
    this.child = spawn(process.execPath, [MAIN, '--config', file], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** The exit code, once it has ended. */
  async end(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.end();
  }

  lines(): Record<string, unknown>[] {
    const whole = this.output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  port(message: string): number {
    const line = this.lines().find((entry) => entry['message'] === message);
    return Number(line?.['port'] ?? 0);
  }
}

/** A process that serves, and how to call it as the API server would. */
export async function startServing(api: ApiServer, config: object = CONFIG) {
  const webhook = new WebhookProcess(config, { KUBECONFIG: api.kubeconfig() });
  await until(() => webhook.port('serving') > 0, webhook);
  const port = webhook.port('serving');
  const status = async (path: string) => fetch(`http://127.0.0.1:${webhook.port('listening')}${path}`);
  await until(async () => (await status('/readyz')).status === 200, webhook);
  const mutate = (body: string, more: Partial<Call> = {}) =>
    call({ port, ca: bundleIn(api), servername: 'secrets-inject.secrets-inject.svc', body, ...more });
  return { webhook, port, status, mutate, bundle: () => bundleIn(api) };
}

async function until(condition: () => boolean | Promise<boolean>, webhook: WebhookProcess): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not in 15 seconds: ${String(condition)}\n${webhook.output}`);
    await sleep(20);
  }
}
