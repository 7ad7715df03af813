import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kubectl } from './kubectl.ts';
import { container, pod } from './pods.ts';
import { until } from './run.ts';
import { useStage, type Stage } from './stage.ts';

const NAMESPACE = 'shapes';
const SECRET = { 'vault.role': NAMESPACE, 'file.password': 'vault:secret/shapes#password' };

let stage: Stage;
let kubectl: Kubectl;

beforeAll(async () => {
  stage = await useStage();
  kubectl = await stage.namespace(NAMESPACE);
  await write('first');
});

afterAll(async () => {
  await stage.stop();
});

describe('the agent in a Pod', () => {
  it('is gone after the start with "mode: once", and the value stays as it was', async () => {
    await kubectl.apply([pod('once', { ...SECRET, mode: 'once' })]);
    await kubectl.waitFor('pod/once', 'condition=Ready');
    await write('later');

    expect(await containers('once')).toEqual({ init: ['secrets-inject-init'], main: ['app'] });
    expect(await password('once')).toBe('first');
    await write('first');
  });

  it('is an init container and a sidecar with "native-sidecar: never", and follows all the same', async () => {
    await kubectl.apply([pod('apart', { ...SECRET, 'native-sidecar': 'never', 'refresh-interval': '1s' })]);
    await kubectl.waitFor('pod/apart', 'condition=Ready');
    expect(await containers('apart')).toEqual({ init: ['secrets-inject-init'], main: ['app', 'secrets-inject'] });
    await write('second');

    await until('the second value', 30, async () => ((await password('apart')) === 'second' ? true : undefined));
    await write('first');
  });

  it('lets a Pod that ends end by itself with "native-sidecar: never"', async () => {
    const containers = [{ ...container('app'), command: ['sh', '-c', 'cat /secrets/password'] }];
    const spec = { restartPolicy: 'Never', containers };
    await kubectl.apply([pod('short', { ...SECRET, 'native-sidecar': 'never' }, { spec })]);

    await kubectl.waitFor('pod/short', 'jsonpath={.status.phase}=Succeeded');
    expect(await kubectl.logs('short', 'app')).toBe('first');
  });

  it('holds the app back by a probe with "start-gate: probe"', async () => {
    const gate = { ...SECRET, 'start-gate': 'probe' };
    await kubectl.apply([pod('probed', gate, { script: 'cat /secrets/password; echo' })]);

    await kubectl.waitFor('pod/probed', 'condition=Ready');
    expect(await kubectl.logged('probed', 'app', /\n/)).toBe('first\n');
  });

  it('is in place before the init containers of the Pod, or after them with "order: last"', async () => {
    const early = { initContainers: [{ ...container('early'), command: ['cat', '/secrets/password'] }] };
    const late = { initContainers: [{ ...container('early'), command: ['test', '!', '-e', '/secrets'] }] };
    await kubectl.apply([
      pod('ahead', SECRET, { spec: early }),
      pod('behind', { ...SECRET, order: 'last' }, { spec: late }),
    ]);

    await kubectl.waitFor('pod/ahead', 'condition=Ready');
    await kubectl.waitFor('pod/behind', 'condition=Ready');
    expect(await kubectl.logs('ahead', 'early')).toBe('first');
    expect((await containers('behind')).init).toEqual(['early', 'secrets-inject']);
  });

  it('serves sub-folders, both kinds of Vault engine and a file in one Pod, to the containers that are named', async () => {
    await stage.vault.write('kv1/old', { key: 'value-of-kv1' });
    const files = {
      'file.nss': 'file:nsswitch.conf',
      config: 'file.deep/er/key: vault:kv1/old#key',
      containers: 'app',
    };
    const spec = { containers: [container('app'), container('blind', 'test ! -e /secrets || exit 1')] };
    await kubectl.apply([pod('several', { ...SECRET, ...files }, { spec })]);

    await kubectl.waitFor('pod/several', 'condition=Ready');
    const read = 'cd /secrets && cat password deep/er/key nss';
    expect(await kubectl.exec('several', 'app', 'sh', '-c', read)).toBe('firstvalue-of-kv1hosts: files dns\n');
    expect((await kubectl.outcome('exec', 'several', '--container=blind', '--', 'ls', '/secrets')).code).not.toBe(0);
  });
});

async function write(password: string): Promise<void> {
  await stage.vault.write('secret/shapes', { password });
}

async function password(name: string): Promise<string> {
  return await kubectl.exec(name, 'app', 'cat', '/secrets/password');
}

interface Names {
  readonly spec: Readonly<Record<'containers' | 'initContainers', readonly { readonly name: string }[]>>;
}

async function containers(name: string): Promise<{ init: string[]; main: string[] }> {
  const { spec } = await kubectl.get<Names>('pod', name);
  return { init: spec.initContainers.map((each) => each.name), main: spec.containers.map((each) => each.name) };
}
