import { describe, expect, it } from 'vitest';
import { remembered } from '../../../webhook/admission/memory.ts';
import { ASKS, CONFIG, decideOn, podWith, type Json } from '../pods.ts';

function fail(): never {
  throw new Error('no');
}

/** As the ServiceAccount plugin makes them. */
function replica(tokenVolume: string): Json {
  const volumeMounts = [{ name: tokenVolume, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }];
  return podWith(ASKS, { containers: [{ name: 'app', volumeMounts }], volumes: [{ name: tokenVolume }] });
}

describe('what is remembered', () => {
  it('is made once for the same owner and key', () => {
    const owner = {};
    const first = remembered(owner, 'k', () => ({ made: 1 }));

    expect(remembered(owner, 'k', () => ({ made: 2 }))).toBe(first);
    expect(remembered(owner, 'other', () => ({ made: 3 }))).toEqual({ made: 3 });
    expect(remembered({}, 'k', () => ({ made: 4 }))).toEqual({ made: 4 });
  });

  it('is bounded: the least recently asked goes, and long keys never come in', () => {
    const owner = {};
    const long = 'x'.repeat(10_000);
    const ask = (key: string, made: number) => remembered(owner, key, () => ({ made })).made;
    ask('kept', 1);
    ask('gone', 1);
    for (let i = 0; i < 499; i++) {
      ask(`k${i}`, 1);
      ask('kept', 2);
    }

    expect(ask('kept', 3)).toBe(1);
    expect(ask('gone', 3)).toBe(3);
    expect([ask(long, 1), ask(long, 2)]).toEqual([1, 2]);
  });

  it('is nothing that failed', () => {
    const owner = {};

    expect(() => remembered(owner, 'k', fail)).toThrow('no');
    expect(remembered(owner, 'k', () => ({ made: 1 }))).toEqual({ made: 1 });
  });
});

describe('decisions', () => {
  const variants: readonly [string, Json, object?][] = [
    ['an annotation', podWith({ ...ASKS, 'secrets.inject/mode': 'once' })],
    ['a uid', podWith(ASKS, { securityContext: { runAsUser: 5 } })],
    ['an fsGroup', podWith(ASKS, { securityContext: { fsGroup: 5 } })],
    ['the network', podWith(ASKS, { hostNetwork: true })],
    ['its volumes', podWith(ASKS, { volumes: [] })],
    ['its init containers', podWith(ASKS, { initContainers: [{ name: 'i' }] })],
    ['a mount', podWith(ASKS, { containers: [{ name: 'app', volumeMounts: [{ name: 'v', mountPath: '/secrets' }] }] })],
    ['limits', podWith(ASKS, { containers: [{ name: 'app', resources: { limits: { cpu: 1, memory: '1Gi' } } }] })],
    ['the version', podWith(ASKS), { version: { major: 1, minor: 30 } }],
    ['its Namespace', podWith(ASKS), { namespaceAnnotations: { 'secrets.inject/mount-path': '/n' } }],
    ['the configuration', podWith(ASKS), { config: { ...CONFIG, vault: { ...CONFIG.vault, audience: 'other' } } }],
  ];

  it.each(variants)('on Pods that differ in %s differ', (_what, pod, world) => {
    const usual = decideOn(podWith(ASKS));

    expect(decideOn(pod, world)).not.toEqual(usual);
    expect(decideOn(podWith(ASKS))).toEqual(usual);
  });

  it('do not depend on what was decided before', () => {
    const afresh = variants.map(([, pod, world]) => decideOn(pod, { config: { ...CONFIG }, ...world }));

    expect(variants.toReversed().map(([, pod, world]) => decideOn(pod, world))).toEqual(afresh.toReversed());
  });

  it('on Pods of one template are the same, whatever name their token volume has', () => {
    expect(decideOn(replica('kube-api-access-b'))).toBe(decideOn(replica('kube-api-access-a')));
  });
});
