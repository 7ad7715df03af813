import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUSYBOX_IMAGE } from './images.ts';
import type { Kubectl } from './kubectl.ts';
import { pod } from './pods.ts';
import { until } from './run.ts';
import { useStage, type Stage } from './stage.ts';
import { timesAsked } from './webhook-metrics.ts';

const NAMESPACE = 'bypass';
/** What the agent's image has anyway plays the secret. */
const SECRET = { 'file.password': 'file:nsswitch.conf' };

let stage: Stage;
let kubectl: Kubectl;

beforeAll(async () => {
  stage = await useStage();
  kubectl = await stage.namespace(NAMESPACE);
  await kubectl.apply([pod('injected', SECRET)]);
  await kubectl.waitFor('pod/injected', 'condition=Ready');
});

afterAll(async () => {
  await stage.stop();
});

interface Found {
  readonly spec: { readonly initContainers?: readonly { readonly name: string }[] };
}

/** @returns how often the webhook is asked meanwhile. */
async function asked(act: () => Promise<unknown>): Promise<number> {
  const before = await timesAsked(kubectl);
  await act();
  return (await timesAsked(kubectl)) - before;
}

describe('the webhook on the way to the API server', () => {
  it('shows in a dry run what would become of a Pod, and makes nothing', async () => {
    const shown = await kubectl.tryApply([pod('dry', SECRET)], '--dry-run=server', '--output=json');

    expect((JSON.parse(shown.stdout) as Found).spec.initContainers?.map(({ name }) => name)).toEqual([
      'secrets-inject',
    ]);
    expect((await kubectl.outcome('get', 'pod', 'dry')).stderr).toContain('not found');
  });

  it('warns whoever applies a Pod that has settings, but asks for nothing', async () => {
    const { code, stderr } = await kubectl.tryApply(
      [pod('settings', { 'refresh-interval': '1m' })],
      '--dry-run=server',
    );

    expect(code).toBe(0);
    expect(stderr).toMatch(/^Warning: .*secrets\.inject/m);
  });

  it('is asked once for a Pod with annotations of ours', async () => {
    const times = await asked(() => kubectl.tryApply([pod('counted', SECRET)], '--dry-run=server'));

    expect(times).toBe(1);
  });

  it('is not asked for a Pod without them, nor for one that is switched off', async () => {
    const times = await asked(async () => {
      await kubectl.apply([pod('plain', {}), pod('off', { ...SECRET, inject: 'false' })]);
    });

    expect(times).toBe(0);
    for (const name of ['plain', 'off'])
      expect((await kubectl.get<Found>('pod', name)).spec.initContainers).toBeUndefined();
  });

  it('is not asked when an injected Pod changes', async () => {
    const times = await asked(() => kubectl.run('label', 'pod/injected', 'tier=front'));

    expect(times).toBe(0);
  });

  it('is not asked when an injected Pod is looked into with an ephemeral container, and that works', async () => {
    const options = [`--image=${BUSYBOX_IMAGE}`, '--image-pull-policy=IfNotPresent', '--profile=restricted'];

    const times = await asked(async () => {
      await kubectl.run('debug', 'injected', '--container=look', ...options, '--', 'echo', 'inside');
      await until('the ephemeral container', 30, async () =>
        (await kubectl.logs('injected', 'look')) === 'inside\n' ? true : undefined,
      );
    });

    expect(times).toBe(0);
  });
});
