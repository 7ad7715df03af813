/** The webhook that is installed on a cluster, as far as the demo must know it. */
import { parseConfig, type WebhookConfig } from '../../webhook/config.ts';
import { findAddress } from '../../webhook/addresses.ts';
import { must } from './check.ts';
import { getObject } from './kubectl.ts';

export interface Installed {
  readonly namespace: string;
  readonly config: WebhookConfig;
}

interface Configuration {
  readonly webhooks: readonly {
    readonly clientConfig: { readonly service?: { readonly name: string; readonly namespace: string } };
  }[];
}

/** @param name of the webhook configuration and, as the chart makes it, of everything else */
export async function findInstalled(name: string): Promise<Installed> {
  const { webhooks } = (await getObject('mutatingwebhookconfiguration', name)) as Configuration;
  const service = webhooks[0]?.clientConfig.service;
  must(service !== undefined, `the webhook configuration ${name} calls a Service`);
  const { namespace } = service;
  const map = (await getObject('configmap', service.name, namespace)) as { data: Record<string, string> };
  return { namespace, config: parseConfig(map.data['config.yaml'] ?? '', {}) };
}

/** The demo changes nothing of the webhook: whoever operates it lets the store in, and shuts it out again. */
export function mustAllow({ namespace, config }: Installed, address: string): void {
  const isAllowed = config.backends.includes('vault') && findAddress(config.vault.addresses, address) !== undefined;
  must(
    isAllowed,
    `the webhook lets Pods use the demo's store.
Add \`- url: ${address}\` to vault.addresses of its configuration (ConfigMap in the namespace ${namespace}), then
  kubectl -n ${namespace} rollout restart deployment
and take it away again afterwards`,
  );
}
