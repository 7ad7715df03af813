/** The webhook of a cluster, put together from its configuration. */
import { mounted } from '../certs/mounted.ts';
import { selfManaged } from '../certs/self-managed.ts';
import type { CertificateSource, Report } from '../certs/source.ts';
import { createAdmit } from './admit.ts';
import { createConfigurationStore, createSecretStore } from './certificate-stores.ts';
import { watchCluster, type WatchedCluster } from './cluster.ts';
import type { WebhookConfig } from './config.ts';
import type { KubernetesApi } from './kubernetes.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { startWebhook, type RunningWebhook } from './webhook.ts';

export async function runWebhook(config: WebhookConfig, api: KubernetesApi, log: Log): Promise<RunningWebhook> {
  const metrics = createMetrics();
  const cluster = watchCluster(api, {
    onLiveRead: (kind, result) => metrics.clusterLiveReads.inc({ kind, result }),
    report: (message) => log.warn(message),
  });
  const webhook = await startWebhook({
    admit: createAdmit(config, cluster, log),
    certificates: certificatesOf(config, api, (level, message) => log[level](message)),
    listen: config.listen,
    drain: { minimumMs: config.drain.minimum, quietMs: config.drain.quiet, maximumMs: config.drain.maximum },
    log,
    metrics,
    conditions: [() => cluster.unready()],
    refreshMetrics: () => refreshClusterMetrics(metrics, cluster),
  });
  return { ...webhook, drain: () => webhook.drain().finally(() => cluster.stop()) };
}

function certificatesOf({ tls }: WebhookConfig, api: KubernetesApi, report: Report): CertificateSource {
  const { service, namespace } = tls;
  if (tls.source === 'mounted') return mounted({ service, namespace, directory: tls.dir, report });
  return selfManaged({
    service,
    namespace,
    secrets: createSecretStore(api, namespace, tls.secret),
    configurations: createConfigurationStore(api, tls.webhookConfigurations),
    report,
    times: { leafLife: tls.leafLifetime, authorityLife: tls.caLifetime },
  });
}

function refreshClusterMetrics({ clusterObjects, clusterConnected }: Metrics, cluster: WatchedCluster): void {
  for (const kind of ['namespaces', 'serviceaccounts'] as const) {
    const { size, connected } = cluster.state(kind);
    clusterObjects.set({ kind }, size);
    clusterConnected.set({ kind }, connected ? 1 : 0);
  }
}
