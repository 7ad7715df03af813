/** The webhook on a cluster: deploy/install.yaml, edited as an operator would. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { REPOSITORY } from './config.ts';
import type { Kubectl } from './kubectl.ts';

interface Manifest {
  readonly kind: string;
  data?: Record<string, string>;
  spec?: { template?: { metadata?: { annotations?: Record<string, string> } } };
}

const CONFIG_FILE = 'config.yaml';
const CHECKSUM = 'checksum/config';

export const WEBHOOK_NAMESPACE = 'secrets-inject';

/** @param config fields of the webhook's configuration that replace those of the manifest. */
export async function installWebhook(kubectl: Kubectl, config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const text = await readFile(join(REPOSITORY, 'deploy', 'install.yaml'), 'utf8');
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  for (const manifest of manifests) edit(manifest, config);
  await kubectl.apply(manifests);
  const webhook = kubectl.in(WEBHOOK_NAMESPACE);
  await webhook
    .run('rollout', 'status', 'deployment/secrets-inject', '--timeout=120s')
    .catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await webhook.describe('pods')}`);
    });
}

function edit(manifest: Manifest, config: Readonly<Record<string, unknown>>): void {
  const { data } = manifest;
  if (manifest.kind === 'ConfigMap' && data !== undefined) {
    data[CONFIG_FILE] = stringify({ ...(parse(data[CONFIG_FILE] ?? '') as object), ...config });
  }
  const annotations = manifest.spec?.template?.metadata?.annotations;
  if (annotations?.[CHECKSUM] !== undefined) annotations[CHECKSUM] = JSON.stringify(config);
}
