import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kubectl } from './kubectl.ts';
import { container, pod } from './pods.ts';
import { useStage, type Stage } from './stage.ts';

const NAMESPACE = 'readable';
const SECRET = { 'vault.role': NAMESPACE, 'file.key': 'vault:secret/readable#key' };

/** Prints "<uid> <mode> <value>", and cannot read is no Ready Pod. */
const READ = 'set -e; echo "$(id -u) $(stat -Lc %a /secrets/key) $(cat /secrets/key)"';

let stage: Stage;
let kubectl: Kubectl;

beforeAll(async () => {
  stage = await useStage();
  kubectl = await stage.namespace(NAMESPACE);
  await stage.vault.write('secret/readable', { key: 'ssh' });
});

afterAll(async () => {
  await stage.stop();
});

const security = (more: object) => ({
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' }, ...more },
});

async function lines(name: string, spec: { containers: readonly { name: string }[] }, annotations = {}) {
  await kubectl.apply([pod(name, { ...SECRET, ...annotations }, { spec })]);
  await kubectl.waitFor(`pod/${name}`, 'condition=Ready');
  return await Promise.all(spec.containers.map((each) => kubectl.logged(name, each.name, /\n/)));
}

describe('the process of an app can read its files', () => {
  it('as the uid of the Pod, which alone then can', async () => {
    const spec = { ...security({ runAsUser: 1234 }), containers: [container('app', READ)] };
    expect(await lines('pod-uid', spec)).toEqual(['1234 440 ssh\n']);
  });

  it('as the uid of its container, which beats that of the Pod', async () => {
    const spec = { ...security({ runAsUser: 1234 }), containers: [container('app', READ, { runAsUser: 4321 })] };
    expect(await lines('container-uid', spec)).toEqual(['4321 440 ssh\n']);
  });

  it('in two containers of different uids without a common group', async () => {
    const [one, two] = [container('one', READ, { runAsUser: 1111 }), container('two', READ, { runAsUser: 2222 })];
    expect(await lines('two-uids', { ...security({}), containers: [one, two] })).toEqual([
      '1111 444 ssh\n',
      '2222 444 ssh\n',
    ]);
  });

  it('in two containers of different uids with an fsGroup', async () => {
    const [one, two] = [container('one', READ, { runAsUser: 1111 }), container('two', READ, { runAsUser: 2222 })];
    const spec = { ...security({ fsGroup: 3333 }), containers: [one, two] };
    expect(await lines('two-uids-group', spec)).toEqual(['1111 440 ssh\n', '2222 440 ssh\n']);
  });

  it('with a user and groups of its own beside an fsGroup', async () => {
    const more = { runAsUser: 1234, runAsGroup: 5678, fsGroup: 3333, supplementalGroups: [99] };
    expect(await lines('groups', { ...security(more), containers: [container('app', READ)] })).toEqual([
      '1234 440 ssh\n',
    ]);
  });

  it('with mode 0400, as ssh wants its keys, owned by the common uid', async () => {
    const [one, two] = [container('one', `${READ}; test -O /secrets/key`), container('two', READ)];
    const spec = { ...security({ runAsUser: 1234, fsGroup: 3333 }), containers: [one, two] };
    const read = await lines('ssh', spec, { 'file-mode.key': '0400' });
    expect(read).toEqual(['1234 400 ssh\n', '1234 400 ssh\n']);
  });

  it('never by a mode that one of the containers could not read', async () => {
    const [one, two] = [container('one', READ, { runAsUser: 1111 }), container('two', READ, { runAsUser: 2222 })];
    const spec = { ...security({}), containers: [one, two] };
    const refused = await kubectl.tryApply([pod('unreadable', { ...SECRET, 'file-mode': '0400' }, { spec })]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('the selected containers cannot surely read it');
  });

  it('as root without any capability, whose uid the image alone says', async () => {
    await stage.kubectl.run('label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce-');
    const [image, said] = [container('image', READ), container('said', READ, { runAsUser: 0 })];
    const read = await lines('root', { ...security({ runAsNonRoot: false }), containers: [image, said] });
    expect(read).toEqual(['0 444 ssh\n', '0 444 ssh\n']);
  });

  it('as root without any capability, by its group', async () => {
    const spec = { ...security({ runAsNonRoot: false, fsGroup: 3333 }), containers: [container('app', READ)] };
    expect(await lines('root-group', spec)).toEqual(['0 440 ssh\n']);
  });
});
