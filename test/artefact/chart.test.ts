import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { renderChart, renderInstall } from '../../deploy/install.ts';
import { parseConfig } from '../../webhook/config.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly Rule[];
  readonly spec?: object;
  readonly webhooks?: readonly { readonly namespaceSelector: unknown }[];
}

const root = join(import.meta.dirname, '../..');

function objects(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

function render(values: object = {}): Manifest[] {
  const folder = mkdtempSync(join(tmpdir(), 'chart-'));
  try {
    const file = join(folder, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    return objects(renderChart('--namespace', 'injector', '--values', file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function only(manifests: readonly Manifest[], kind: string): Manifest {
  const [found, ...more] = manifests.filter((manifest) => manifest.kind === kind);
  if (!found || more.length > 0) throw new Error(`${more.length + (found ? 1 : 0)} objects of kind ${kind}`);
  return found;
}

function checksum(values: object): string | undefined {
  return JSON.stringify(only(render(values), 'Deployment')).match(/checksum[^,}]*/)?.[0];
}

function configOf(manifests: readonly Manifest[]) {
  const { data } = only(manifests, 'ConfigMap');
  return parseConfig(data?.['config.yaml'] ?? '', {});
}

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

function rulesOf(manifests: readonly Manifest[]): Rule[] {
  const roles = manifests.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
  return roles.flatMap(({ rules = [] }) => rules);
}

describe('the generated files', () => {
  it('are those that the chart and the configuration table give', () => {
    const { status, stderr } = spawnSync(process.execPath, ['deploy/generate.ts', '--check'], { cwd: root });

    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
  });

  it('put everything of install.yaml into one namespace, with the webhook configuration first', () => {
    const manifests = objects(renderInstall());

    expect(manifests[0]?.kind).toBe('MutatingWebhookConfiguration');
    expect(manifests[1]).toMatchObject({ kind: 'Namespace', metadata: { name: 'secrets-inject' } });
    expect(new Set(manifests.map(({ metadata }) => metadata.namespace))).toEqual(
      new Set([undefined, 'secrets-inject']),
    );
  });
});

describe('the chart', () => {
  it('gives the webhook a configuration that it accepts, with the names of this release', () => {
    const config = configOf(render());

    expect(config.tls).toMatchObject({ namespace: 'injector', service: 'secrets-inject', source: 'self' });
    expect(config.agent.image).toContain('agent');
    expect(config.vault.addresses).toEqual([]);
  });

  it('hands the operator’s own configuration on', () => {
    const vault = { addresses: [{ url: 'https://vault.vault:8200', authPath: 'kubernetes' }] };

    const config = configOf(render({ config: { vault, defaults: { 'refresh-interval': '1m' } } }));

    expect(config.vault.addresses[0]).toMatchObject({ url: 'https://vault.vault:8200', development: false });
    expect(config.defaults).toEqual({ 'refresh-interval': '1m' });
  });

  it.each([
    ['an unknown value', { replica: 3 }],
    ['an unknown field of the configuration', { config: { vault: { adresses: [] } } }],
    ['a field that the chart sets itself', { config: { tls: { service: 'other' } } }],
  ])('refuses %s', (_what, values) => {
    expect(() => render(values)).toThrow(/additional properties|not allowed/i);
  });

  it('calls the webhook for the creation of Pods alone, refuses when there is no answer, and names no authority', () => {
    const { webhooks } = only(render(), 'MutatingWebhookConfiguration');

    expect(webhooks).toHaveLength(1);
    expect(webhooks?.[0]).toMatchObject({
      failurePolicy: 'Fail',
      sideEffects: 'None',
      reinvocationPolicy: 'IfNeeded',
      matchPolicy: 'Equivalent',
      timeoutSeconds: 5,
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    });
    expect(JSON.stringify(webhooks)).not.toContain('caBundle');
  });

  it('leaves out its own namespace and those that a cluster starts with', () => {
    const { webhooks } = only(render(), 'MutatingWebhookConfiguration');

    expect(webhooks?.[0]?.namespaceSelector).toEqual({
      matchExpressions: [
        {
          key: 'kubernetes.io/metadata.name',
          operator: 'NotIn',
          values: ['kube-system', 'kube-node-lease', 'injector'],
        },
      ],
    });
  });

  it('gives the webhook no right to any Secret but its own', () => {
    const rules = rulesOf(render()).filter(({ resources }) => resources.includes('secrets'));

    const unnamed = rules.filter(({ resourceNames }) => resourceNames === undefined);
    expect(unnamed).toEqual([{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }]);
    expect(rules.flatMap(({ resourceNames = [] }) => resourceNames)).toEqual(['secrets-inject-tls']);
    expect(render().find(({ kind }) => kind === 'ClusterRole')).not.toMatchObject({
      rules: expect.arrayContaining([expect.objectContaining({ resources: ['secrets'] })]) as unknown,
    });
  });

  it('gives a webhook with a mounted certificate no right to any Secret or webhook configuration at all', () => {
    const manifests = render({ certificate: { source: 'mounted', secretName: 'pair', injectCaFrom: 'injector/pair' } });

    const resources = rulesOf(manifests).flatMap((rule) => rule.resources);
    expect(resources).toEqual(['namespaces', 'serviceaccounts']);
    expect(configOf(manifests).tls).toMatchObject({ source: 'mounted', dir: '/etc/secrets-inject/tls' });
    expect(only(manifests, 'MutatingWebhookConfiguration')).toMatchObject({
      metadata: { annotations: { 'cert-manager.io/inject-ca-from': 'injector/pair' } },
    });
  });

  it('wants the name of the Secret where the certificate is mounted', () => {
    expect(() => render({ certificate: { source: 'mounted' } })).toThrow(/certificate\.secretName/);
  });

  it('runs two replicas that the restricted standard admits and that a roll-out never leaves without one', () => {
    const { spec } = only(render(), 'Deployment');

    expect(spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: { spec: { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } } },
    });
    expect(spec).toHaveProperty('template.spec.containers.0.securityContext', {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('rolls the Pods when the configuration changes', () => {
    expect(checksum({ config: { logLevel: 'debug' } })).not.toBe(checksum({ config: { logLevel: 'info' } }));
  });

  it('shuts the Pods off but for admission, metrics and the API server where a NetworkPolicy is wanted', () => {
    const metricsFrom = [{ namespaceSelector: { matchLabels: { team: 'watch' } } }];

    const policy = only(render({ networkPolicy: { enabled: true, metricsFrom } }), 'NetworkPolicy');

    expect(policy).toMatchObject({ spec: { ingress: [{ ports: [{ port: 'https' }] }, { from: metricsFrom }] } });
  });
});
