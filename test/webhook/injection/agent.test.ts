import { describe, expect, it } from 'vitest';
import { CONTAINER } from '../../../contract/layout.ts';
import { ASKS, denial, injected, named, namesIn, podWith, type Json } from '../pods.ts';

const V = (minor: number) => ({ version: { major: 1, minor } });
const asking = (more: Record<string, string>) => ({
  ...ASKS,
  ...Object.fromEntries(Object.entries(more).map(([k, v]) => [`secrets.inject/${k}`, v])),
});

const sidecar = (more: Record<string, string>) =>
  named(injected(podWith(asking(more))), 'initContainers', CONTAINER.sidecar);
const resourcesOf = (more: Record<string, string>, container: Json) =>
  named(
    injected(podWith(asking(more), { containers: [{ name: 'app', ...container }] })),
    'initContainers',
    CONTAINER.sidecar,
  )?.['resources'];
const mounts = (pod: Json) =>
  namesIn(pod, 'containers')
    .filter(({ volumeMounts }) => volumeMounts)
    .map(({ name }) => name);

/** Our containers, where they stand. */
function agents(pod: Json): string[] {
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    namesIn(pod, list)
      .filter(({ name }) => name.startsWith('secrets-inject'))
      .map(({ name, args }) => `${list} ${name} ${String(args)}`),
  );
}

describe('how the agent stands in a Pod', () => {
  const native = ['initContainers secrets-inject refresh'];
  const both = ['initContainers secrets-inject-init init', 'containers secrets-inject refresh'];
  const once = ['initContainers secrets-inject-init init'];

  it.each<[number, Record<string, string>, Json, string[]]>([
    [33, {}, {}, native],
    [32, {}, {}, both],
    [32, { 'native-sidecar': 'always' }, {}, native],
    [35, { 'native-sidecar': 'never' }, {}, both],
    [32, {}, { restartPolicy: 'OnFailure' }, once],
    [35, {}, { restartPolicy: 'Never' }, native],
    [35, { mode: 'once' }, {}, once],
  ])('on 1.%i with %j and %j', (minor, more, spec, expected) => {
    expect(agents(injected(podWith(asking(more), spec), V(minor)))).toEqual(expected);
  });

  it('a native sidecar is refused where there is none', () => {
    expect(denial(podWith(asking({ 'native-sidecar': 'always' })), V(28))).toContain(
      'native sidecars need Kubernetes 1.29',
    );
  });
});

describe('what holds the app back', () => {
  it('is a hook that ends after the agent gave up, and before 30 s', () => {
    expect(sidecar({ 'init-timeout': '25s' })?.['lifecycle']).toEqual({
      postStart: { exec: { command: ['/usr/local/bin/launcher', 'wait', '/secrets-inject/state/ready', '28'] } },
    });
  });

  it('is a probe that waits longer than the agent, where asked', () => {
    expect(sidecar({ 'start-gate': 'probe', 'init-timeout': '10m' })).toMatchObject({
      startupProbe: { periodSeconds: 1, failureThreshold: 630 },
    });
  });

  it('is nothing of a plain init container', () => {
    const init = named(injected(podWith(asking({ mode: 'once' }))), 'initContainers', CONTAINER.init);

    expect(Object.keys(init ?? {})).not.toEqual(expect.arrayContaining(['lifecycle']));
    expect(init?.['restartPolicy']).toBeUndefined();
  });
});

describe('resources of the agent', () => {
  const exact = { resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '2000m', memory: '1024Mi' } } };
  it('are the operator’s, and the Pod’s where it says so', () => {
    expect(resourcesOf({}, {})).toEqual({
      requests: { cpu: '10m', memory: '48Mi' },
      limits: { cpu: '500m', memory: '128Mi' },
    });
    expect(resourcesOf({ 'agent-cpu-limit': '5m', 'agent-memory-request': '1Gi' }, {})).toEqual({
      requests: { cpu: '5m', memory: '1Gi' },
      limits: { cpu: '5m', memory: '1Gi' },
    });
  });

  it('keep a Guaranteed Pod Guaranteed', () => {
    const limits = { cpu: '500m', memory: '128Mi' };

    expect(resourcesOf({}, exact)).toEqual({ requests: limits, limits });
    expect(resourcesOf({}, { resources: { limits: exact.resources.limits } })).toEqual({ requests: limits, limits });
  });

  it('that contradict each other are refused', () => {
    expect(denial(podWith(asking({ 'agent-cpu-request': '2', 'agent-cpu-limit': '1' })))).toContain(
      'secrets.inject/agent-cpu-request: 2 is more than',
    );
  });
});

describe('which containers get the files', () => {
  it('are all but those of meshes, which must be named', () => {
    const spec = { containers: [{ name: 'app' }, { name: 'istio-proxy' }] };
    expect(mounts(injected(podWith(ASKS, spec)))).toEqual(['app']);
    expect(mounts(injected(podWith(asking({ containers: 'istio-proxy' }), spec)))).toEqual(['istio-proxy']);
  });

  it.each<[Record<string, string>, Json, string]>([
    [{ containers: 'early', order: 'last' }, { initContainers: [{ name: 'early' }] }, 'early runs before the agent'],
    [{}, { containers: [{ name: 'istio-proxy' }] }, 'no container would get the files'],
    [{ containers: 'nope' }, {}, 'secrets.inject/containers'],
  ])('%j with %j is refused', (more, spec, message) => {
    expect(denial(podWith(asking(more), spec))).toContain(message);
  });
});

describe('the agent’s container', () => {
  it('passes the Pod Security Standard restricted, has requests and limits, and mounts no token of the API server', () => {
    const agent = named(injected(podWith(ASKS)), 'initContainers', CONTAINER.sidecar);

    expect(agent?.['securityContext']).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(agent?.['volumeMounts']).toContainEqual(
      expect.objectContaining({ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true }),
    );
  });
});
