import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { injected, namesIn, podWith, type Json } from '../pods.ts';

const annotations = fc.record(
  {
    'secrets.inject/file.a': fc.constantFrom('vault:secret/a#x', 'file:a', 'aws-secrets-manager:a?region=eu-west-1'),
    'secrets.inject/file.dir/b': fc.constantFrom('vault:secret/b?optional=true', 'file:b?default=$(A)'),
    'secrets.inject/vault.role': fc.constant('web'),
    'secrets.inject/credentials-secret': fc.constant('keys'),
    'secrets.inject/mode': fc.constantFrom('refresh', 'once'),
    'secrets.inject/order': fc.constantFrom('first', 'last'),
    'secrets.inject/native-sidecar': fc.constantFrom('auto', 'always', 'never'),
    'secrets.inject/start-gate': fc.constantFrom('hook', 'probe'),
    'secrets.inject/containers': fc.constantFrom('c0', 'c0, c1'),
    'secrets.inject/status': fc.constant('injected'),
    'other/annotation': fc.string(),
  },
  {
    requiredKeys: ['secrets.inject/file.a', 'secrets.inject/vault.role', 'secrets.inject/credentials-secret'],
  },
);

const unknownFields = fc.dictionary(fc.constantFrom('future', 'x-y', 'resizePolicy'), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 2,
});

const container = (name: string) =>
  fc
    .record(
      {
        volumeMounts: fc.constantFrom(null, [], [{ name: 'own', mountPath: '/own' }]),
        env: fc.constantFrom(null, [], [{ name: 'A', value: 'b' }]),
        securityContext: fc.constantFrom({ runAsUser: 1000 }, { runAsUser: 0 }, {}),
        resources: fc.constantFrom({ limits: { cpu: '1', memory: '1Gi' } }, {}, null),
      },
      { requiredKeys: [] },
    )
    .chain((known) => unknownFields.map((unknown) => ({ ...unknown, ...known, name })));

const containers = (prefix: string, count: number) =>
  fc.tuple(...Array.from({ length: count }, (_, i) => container(prefix + i)));

const pods = fc
  .tuple(
    annotations,
    containers('c', 2),
    fc.option(containers('i', 2), { nil: null }),
    fc.constantFrom(null, [], [{ name: 'own', emptyDir: {} }]),
    fc.constantFrom({ fsGroup: 5 }, { runAsUser: 7 }, {}),
    unknownFields,
  )
  .map(([notes, containers, initContainers, volumes, securityContext, unknown]) =>
    podWith(notes, { ...unknown, containers, initContainers, volumes, securityContext }),
  );

const resources = { limits: { cpu: '1', memory: '1Gi' } };

/** A mesh that adds its own, once; the operator's skip-containers name them, so they decide nothing. */
function mesh(pod: Json): Json {
  const copy = structuredClone(pod);
  const spec = copy['spec'] as Record<string, Json[] | null>;
  if (spec['containers']?.some(({ name }) => name === 'istio-proxy')) return copy;
  spec['initContainers'] = [{ name: 'istio-init', resources }, ...(spec['initContainers'] ?? [])];
  spec['containers'] = [...(spec['containers'] ?? []), { name: 'istio-proxy', resources }];
  spec['volumes'] = [...(spec['volumes'] ?? []), { name: 'mesh', emptyDir: {} }];
  return copy;
}

/** One that sets what it finds absent in every container, ours included. */
function defaults(pod: Json): Json {
  const copy = structuredClone(pod);
  for (const container of [...namesIn(copy, 'containers'), ...namesIn(copy, 'initContainers')]) {
    const env = (container['env'] ?? []) as Json[];
    const added = env.some(({ name }) => name === 'REGION') ? env : [...env, { name: 'REGION', value: 'x' }];
    Object.assign(container, { env: added, terminationMessagePath: '/dev/termination-log' });
  }
  return copy;
}

function ours(pod: Json): Json {
  return injected(pod);
}

/** As the API server calls them: those before a change come once more. */
function admitted(pod: Json, hooks: readonly ((pod: Json) => Json)[]): Json {
  return [...hooks, ...hooks].reduce((at, hook) => hook(at), pod);
}

/** Without the order of lists, which is each webhook's own matter. */
function canonical(pod: Json): unknown {
  const byName = (list: 'containers' | 'initContainers' | 'volumes') =>
    namesIn(pod, list)
      .filter(({ name }) => name !== 'istio-init')
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ volumeMounts, ...rest }) => [rest, new Set((volumeMounts ?? []) as Json[])]);
  return [byName('containers'), byName('initContainers'), byName('volumes')];
}

describe('injection', () => {
  it('changes nothing when it sees its own result', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const first = injected(pod);

        expect(injected(first)).toEqual(first);
      }),
      { numRuns: 100 },
    );
  });

  it('is the same each time, and leaves what it is given', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const before = structuredClone(pod);

        expect(injected(pod)).toEqual(injected(structuredClone(pod)));
        expect(pod).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });

  it('takes nothing away and changes nothing of the app, unknown fields included', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const result = injected(pod);

        for (const list of ['containers', 'initContainers', 'volumes'] as const)
          for (const { volumeMounts, ...rest } of namesIn(pod, list)) {
            const after = namesIn(result, list).find(({ name }) => name === rest.name);
            expect(after).toMatchObject(rest);
            expect(after?.['volumeMounts'] ?? []).toEqual(expect.arrayContaining((volumeMounts ?? []) as Json[]));
          }
      }),
      { numRuns: 50 },
    );
  });

  it('ends the same with other webhooks in any order, but for the order of lists', () => {
    fc.assert(
      fc.property(pods, fc.shuffledSubarray([mesh, defaults, ours], { minLength: 3 }), (pod, hooks) => {
        const some = admitted(pod, hooks);

        expect(canonical(some)).toEqual(canonical(admitted(pod, [ours, mesh, defaults])));
        expect(injected(some)).toEqual(some);
      }),
      { numRuns: 50 },
    );
  });
});
