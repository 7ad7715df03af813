import { describe, expect, it } from 'vitest';
import { CONTAINER, VOLUME } from '../../../contract/layout.ts';
import { decide } from '../../../webhook/admission/decide.ts';
import { readReview } from '../../../webhook/admission/review.ts';
import {
  ASKS,
  CONFIG,
  WORLD,
  decideOn,
  denial,
  injected,
  named,
  namesIn,
  podWith,
  reviewOf,
  type Json,
} from '../pods.ts';

describe('Pods that are left alone', () => {
  const untouched = { kind: 'allow', warnings: [] };

  it.each([
    ['without annotations', podWith(undefined)],
    ['with null annotations', { ...podWith({}), metadata: { annotations: null } }],
    ['with annotations of others', podWith({ 'example.org/x': 'y' }, { hostNetwork: true })],
    ['that switch injection off', podWith({ ...ASKS, 'secrets.inject/inject': 'false' })],
    ['that mirror a static Pod', podWith({ ...ASKS, 'kubernetes.io/config.mirror': 'hash' })],
    ['without anything that a Pod has', { metadata: null, spec: 7 }],
  ])('a Pod %s is admitted unchanged', (_what, pod) => {
    expect(decideOn(pod)).toEqual(untouched);
  });

  it('an update of a Pod is admitted unchanged', () => {
    const review = readReview(reviewOf(podWith(ASKS), { operation: 'UPDATE' }));

    expect(decide(review, WORLD)).toEqual(untouched);
  });

  it('settings without any output give a warning and no patch', () => {
    const decision = decideOn(podWith({ 'secrets.inject/mode': 'once' }));

    expect(decision.kind).toBe('allow');
    expect(decision.warnings).toHaveLength(1);
    expect(decision.warnings.every((text) => text.length <= 120)).toBe(true);
  });
});

describe('shapes of a Pod that the patch must fit', () => {
  it.each([
    ['absent lists', {}],
    [
      'null lists',
      { volumes: null, initContainers: null, containers: [{ name: 'app', volumeMounts: null, env: null }] },
    ],
    ['empty lists', { volumes: [], initContainers: [], containers: [{ name: 'app', volumeMounts: [] }] }],
  ])('%s get our elements', (_what, spec) => {
    const pod = injected(podWith(ASKS, spec));

    expect(named(pod, 'initContainers', CONTAINER.sidecar)).toBeDefined();
    expect(named(pod, 'volumes', VOLUME.files)).toBeDefined();
    expect(named(pod, 'containers', 'app')?.['volumeMounts']).toEqual([
      { name: VOLUME.files, mountPath: '/secrets', readOnly: true },
    ]);
  });

  it('fields that no released Kubernetes knows are kept', () => {
    const future = { futureField: { deep: [1, { x: null }] } };
    const pod = podWith(ASKS, {
      ...future,
      containers: [{ name: 'app', ...future }],
      volumes: [{ name: 'v', ...future }],
    });

    const result = injected(pod);

    expect(result['spec']).toMatchObject(future);
    expect(named(result, 'containers', 'app')).toMatchObject(future);
    expect(named(result, 'volumes', 'v')).toMatchObject(future);
  });

  it('only elements of ours are added, never a list rewritten', () => {
    const decision = decideOn(podWith(ASKS, { volumes: [{ name: 'v' }], initContainers: [{ name: 'i' }] }));

    if (decision.kind !== 'patch') throw new Error('no patch');
    expect(decision.operations.map(({ op, path }) => `${op} ${path}`)).toEqual([
      'add /spec/initContainers/0/volumeMounts',
      'add /spec/containers/0/volumeMounts',
      'add /spec/volumes/-',
      'add /spec/volumes/-',
      'add /spec/volumes/-',
      'add /spec/initContainers/0',
      'add /metadata/annotations/secrets.inject~1status',
    ]);
  });

  it('the app keeps its place when the agent comes first, and init containers before it get nothing when it comes last', () => {
    const spec = { initContainers: [{ name: 'early' }] };

    const first = injected(podWith(ASKS, spec));
    const last = injected(podWith({ ...ASKS, 'secrets.inject/order': 'last' }, spec));

    expect(namesIn(first, 'initContainers').map(({ name }) => name)).toEqual([CONTAINER.sidecar, 'early']);
    expect(namesIn(last, 'initContainers').map(({ name }) => name)).toEqual(['early', CONTAINER.sidecar]);
    expect(named(first, 'initContainers', 'early')?.['volumeMounts']).toHaveLength(1);
    expect(named(last, 'initContainers', 'early')?.['volumeMounts']).toBeUndefined();
  });
});

describe('Pods that were here before', () => {
  const once = injected(podWith(ASKS));

  it('a Pod that is injected twice gets an empty patch', () => {
    expect(decideOn(once)).toEqual({ kind: 'allow', warnings: [] });
  });

  it('a copied status annotation without containers is no reason to skip', () => {
    expect(decideOn(podWith({ ...ASKS, 'secrets.inject/status': 'injected' })).kind).toBe('patch');
  });

  it.each(['volumes', 'initContainers'] as const)(
    'a half-injected Pod without our %s is completed, nothing twice',
    (list) => {
      const half = structuredClone(once);
      const spec = half['spec'] as Json;
      spec[list] = [];
      if (list === 'initContainers')
        for (const container of namesIn(half, 'containers')) spec['containers'] = [{ name: container.name }];

      const result = injected(half);

      expect(result['spec']).toMatchObject({ volumes: once['spec'] && (once['spec'] as Json)['volumes'] });
      expect(namesIn(result, 'initContainers').map(({ name }) => name)).toEqual([CONTAINER.sidecar]);
    },
  );

  it('an agent of an older release is made anew in its place', () => {
    const old = structuredClone(once);
    for (const agent of namesIn(old, 'initContainers')) Object.assign(agent, { image: 'agent:0', command: ['sh'] });

    const result = injected(old);

    expect(result).toEqual(once);
  });

  it.each([{ command: ['sh'] }, { lifecycle: { preStop: {} } }, { securityContext: { privileged: true } }])(
    'an agent that somebody gave %j is made anew',
    (extra) => {
      const altered = structuredClone(once);
      for (const agent of namesIn(altered, 'initContainers')) Object.assign(agent, extra);

      expect(injected(altered)).toEqual(once);
    },
  );

  it('an init container that another webhook puts before the agent gets no files', () => {
    const later = structuredClone(once);
    const spec = later['spec'] as Json;
    spec['initContainers'] = [{ name: 'network' }, ...namesIn(later, 'initContainers')];

    expect(decideOn(later)).toEqual({ kind: 'allow', warnings: [] });
  });

  it('what other webhooks and the API server fill in is left as it is', () => {
    const filled = structuredClone(once);
    for (const agent of namesIn(filled, 'initContainers')) {
      (agent['env'] as Json[]).push({ name: 'AWS_REGION', value: 'x' });
      (agent['volumeMounts'] as Json[]).push({ name: 'proxy', mountPath: '/proxy' });
      Object.assign(agent, { resizePolicy: [], resources: { limits: { cpu: '2' } } });
    }

    expect(decideOn(filled)).toEqual({ kind: 'allow', warnings: [] });
  });

  it('a container that the annotations no longer ask for is told of', () => {
    const moved = structuredClone(once);
    Object.assign((moved['metadata'] as { annotations: Json }).annotations, { 'secrets.inject/mode': 'once' });

    expect(denial(moved)).toContain('container secrets-inject: is left from an earlier injection');
  });
});

describe('names and volumes of ours in the hands of others', () => {
  it.each([
    [
      'a container',
      { containers: [{ name: 'app' }, { name: CONTAINER.sidecar }] },
      'container secrets-inject: has a name',
    ],
    ['an init container', { initContainers: [{ name: CONTAINER.init }] }, 'container secrets-inject-init: has a name'],
    [
      'a volume',
      { volumes: [{ name: VOLUME.state, hostPath: { path: '/' } }] },
      'volume secrets-inject-state: has a name',
    ],
  ])('%s of our name is refused', (_what, spec, message) => {
    expect(denial(podWith(ASKS, spec))).toContain(message);
  });

  const uses = Object.values(VOLUME).flatMap((name) => [
    { volumeMounts: [{ name, mountPath: '/x' }] },
    { volumeMounts: [{ name, mountPath: '/secrets', readOnly: true, subPath: 'password' }] },
    { volumeDevices: [{ name, devicePath: '/dev/x' }] },
    { env: [{ name: 'X', valueFrom: { fileKeyRef: { volumeName: name, path: 'p', key: 'k' } } }] },
  ]);

  it.each(uses)('an app container with %j is refused, before and after injection', (use) => {
    for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
      const extra = { ...podWith(ASKS), spec: { containers: [{ name: 'app' }], [list]: [{ name: 'app', ...use }] } };
      const before = denial(extra);
      const injectedBefore = injected(podWith(ASKS));
      const spec = injectedBefore['spec'] as Record<string, Json[]>;
      (spec[list] ??= []).push({ name: 'intruder', ...use });

      expect(before).toContain("a volume that is the agent's own");
      expect(denial(injectedBefore)).toContain('container intruder: names');
    }
  });

  it('a mount that is just like ours is refused where there is no agent yet', () => {
    const volumeMounts = [{ name: VOLUME.files, mountPath: '/secrets', readOnly: true }];

    expect(denial(podWith(ASKS, { containers: [{ name: 'app', volumeMounts }] }))).toContain(
      'names secrets-inject-files',
    );
  });

  it('a mount of its own at or below the mount path is refused', () => {
    const spec = { containers: [{ name: 'app', volumeMounts: [{ name: 'x', mountPath: '/secrets/more/' }] }] };

    expect(denial(podWith(ASKS, spec))).toContain('secrets.inject/mount-path: /secrets is taken in container app');
    expect(denial(podWith({ ...ASKS, 'secrets.inject/mount-path': '/secrets2' }, spec))).toBe('');
  });
});

describe('Pods that cannot be served', () => {
  it('hostNetwork is refused with the reason, unless the operator allows it; then there is no listener', () => {
    const pod = podWith(ASKS, { hostNetwork: true });

    const allowed = injected(pod, { config: { ...CONFIG, allowHostNetwork: true } });

    expect(denial(pod)).toContain('spec.hostNetwork');
    const agent = named(allowed, 'initContainers', CONTAINER.sidecar);
    expect(agent?.['ports']).toBeUndefined();
    expect(JSON.stringify(agent?.['env'])).toContain(String.raw`\"port\":0`);
  });

  it('problems of the annotations and of the Pod are told at once', () => {
    const message = denial(podWith({ ...ASKS, 'secrets.inject/fille.x': 'y' }, { hostNetwork: true }));

    expect(message).toMatch(/^2 problems: \(1\) secrets\.inject\/fille\.x: .*; \(2\) spec\.hostNetwork: /);
  });

  it('ten thousand annotations are refused in bounded time, with at most 50 problems told', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`secrets.inject/x${i}`, 'y']));
    const start = performance.now();

    const message = denial(podWith({ ...ASKS, ...many }));

    expect(performance.now() - start).toBeLessThan(1000);
    expect(message.split('; (').length).toBeLessThanOrEqual(50);
    expect(message).toMatch(/and \d+ more$/);
  });

  it.each([
    [
      'annotations that are numbers',
      { metadata: { annotations: { ...ASKS, n: 1 } }, spec: { containers: [] } },
      'annotations',
    ],
    ['no containers', { metadata: { annotations: ASKS }, spec: {} }, 'containers'],
    ['a container without name', { metadata: { annotations: ASKS }, spec: { containers: [{}] } }, 'name'],
    ['volumes that are text', { metadata: { annotations: ASKS }, spec: { containers: [], volumes: 'x' } }, 'volumes'],
  ])('a malformed Pod with %s is refused by its name', (_what, pod, part) => {
    expect(denial(pod)).toMatch(new RegExp(`^the Pod is malformed: .*${part.replaceAll('.', String.raw`\.`)}`));
  });
});
