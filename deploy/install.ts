/** The chart as one manifest for `kubectl apply`. */
import { join } from 'node:path';
import { helm } from './helm.ts';

const CHART = join(import.meta.dirname, 'chart');
const HEADER = `# Made from deploy/chart by deploy/generate.ts: change the chart instead.
# What to edit here: both images, and \`vault.addresses\` in the ConfigMap.
`;

/** @param args further arguments for `helm template`, e.g. `--set`, `replicas=3` */
export function renderInstall(...args: readonly string[]): string {
  const rendered = renderChart('--namespace', 'secrets-inject', '--set', 'createNamespace=true', ...args);
  const documents = rendered.split(/^---\n/m).filter((document) => document.trim() !== '');
  return HEADER + documents.toSorted(configurationFirst).map(withoutSource).join('');
}

/** With Kubernetes 1.35 as the cluster, since a helm without one assumes something old. */
export function renderChart(...args: readonly string[]): string {
  return helm('template', 'secrets-inject', CHART, '--kube-version', '1.35.0', ...args);
}

/**
 * The webhook configuration goes first: applied, an annotated Pod then waits for the webhook instead of starting
 * without its secrets; deleted, nothing is left that calls a webhook which is gone.
 */
function configurationFirst(a: string, b: string): number {
  return Number(isConfiguration(b)) - Number(isConfiguration(a));
}

function isConfiguration(document: string): boolean {
  return /^kind: MutatingWebhookConfiguration$/m.test(document);
}

function withoutSource(document: string): string {
  return `---\n${document.replace(/^# Source: .*\n/, '').trim()}\n`;
}
