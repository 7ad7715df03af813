/** The real webhook on loopback ports; only what it asks of a cluster comes from memory. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import { issueAuthority } from '../../certs/authority.ts';
import { serverName } from '../../certs/names.ts';
import { selfManaged } from '../../certs/self-managed.ts';
import { createAdmit } from '../../webhook/admit.ts';
import { parseConfig, type WebhookConfig } from '../../webhook/config.ts';
import { createLog } from '../../webhook/log.ts';
import { createMetrics } from '../../webhook/metrics.ts';
import { startWebhook } from '../../webhook/webhook.ts';
import type { WebhookAddress } from './api-server.ts';
import { createMemoryConfiguration, createMemorySecret, MEMORY_CLUSTER } from './memory-cluster.ts';

export interface DemoWebhook extends WebhookAddress {
  /** Of somebody who has nothing to do with it. */
  readonly otherAuthority: string;
  readonly log: () => string;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const AT_ONCE = { minimumMs: 0, quietMs: 0, maximumMs: 100 };
const DAY_MS = 86_400_000;

export async function startDemoWebhook(storeAddress: string): Promise<DemoWebhook> {
  const config = parseConfig(stringify(await configuration(storeAddress)), {});
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const published = createMemoryConfiguration(config.tls.webhookConfigurations[0] ?? '');
  const webhook = await startWebhook({
    admit: createAdmit(config, MEMORY_CLUSTER, log),
    certificates: certificatesOf(config, published, (level, message) => log[level](message)),
    listen: { https: 0, http: 0, host: HOST },
    drain: AT_ONCE,
    log,
    metrics: createMetrics(),
    conditions: [],
  });
  const port = await webhook.serving;
  return {
    port,
    caBundle: published.bundle(),
    serverName: serverName(config.tls),
    otherAuthority: (await issueAuthority({ notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS }))
      .certificatePem,
    log: () => lines.join(''),
    stop: () => webhook.drain(),
  };
}

/** As an operator would write it, but for the loopback address: that is for development alone. */
async function configuration(storeAddress: string): Promise<object> {
  return {
    agent: { image: 'localhost/secrets-inject-agent:0.1.0', port: await freePort() },
    backends: ['vault'],
    vault: { addresses: [{ url: storeAddress, development: true }] },
  };
}

function certificatesOf(
  { tls }: WebhookConfig,
  configurations: ReturnType<typeof createMemoryConfiguration>,
  report: Parameters<typeof selfManaged>[0]['report'],
) {
  const { service, namespace } = tls;
  return selfManaged({ service, namespace, secrets: createMemorySecret(), configurations, report });
}

/** In a Pod the agent has a network of its own; here its usual port may be taken. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, HOST), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
