import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWS_REGION, STS_ADDRESS, type ClusterAws } from './aws-server.ts';
import type { Kubectl } from './kubectl.ts';
import { countPackets, type PacketCounter } from './packet-counter.ts';
import { pod } from './pods.ts';
import { containerStatus, type Ended } from './processes.ts';
import { startRecorder, type Recorder } from './recorder.ts';
import { until } from './run.ts';
import { SECOND_VAULT, useStage, type Stage } from './stage.ts';
import { asToken, claimsOf } from './tokens.ts';
import { allow, type ClusterVault } from './vault-server.ts';

const NAMESPACE = 'identity';
const SUBJECT = `system:serviceaccount:${NAMESPACE}:default`;
/** Where clouds serve the credentials of a node: AWS and most others, Alibaba, Azure. */
const METADATA = ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32'];
const TOKEN_SECONDS = 3600;

const portOf = (address: string) => Number(new URL(address).port);

let stage: Stage;
let kubectl: Kubectl;
let metadata: PacketCounter;
let vault: Recorder;
let secondVault: ClusterVault;
let aws: ClusterAws;
let sts: Recorder;

beforeAll(async () => {
  stage = await useStage();
  kubectl = await stage.namespace(NAMESPACE);
  metadata = await countPackets(
    stage.own,
    'METADATA',
    METADATA.map((network) => ['-d', network]),
  );
  await stage.vault.write('secret/db', { password: 'of-the-pod' });
  secondVault = await stage.startSecondVault();
  await secondVault.cut();
  vault = await startRecorder(stage.own, {
    name: 'record-vault',
    port: portOf(SECOND_VAULT),
    upstream: stage.vault.server.address,
  });
  aws = await stage.startAws();
  await aws.write('api', 'key-of-the-api');
  sts = await startRecorder(stage.own, { name: 'expose-sts', port: portOf(STS_ADDRESS), upstream: aws.stsAddress });
});

afterAll(async () => {
  for (const each of [vault, sts, metadata]) await each.stop();
  await stage.stop();
});

const fromVault = { 'file.password': 'vault:secret/db#password' };
const fromAws = { 'file.key': 'aws-secrets-manager:api', 'aws.region': AWS_REGION };

/** How an agent that cannot get what it should has ended. */
async function endOf(name: string): Promise<Ended> {
  return await until(`end of the agent of ${name}`, 60, async () => {
    const { state, lastState } = await containerStatus(kubectl, name, 'secrets-inject');
    return state.terminated ?? lastState.terminated;
  });
}

/** What the API server says to whoever shows this token. */
async function whoAmI(token: string) {
  const kubeconfig = await asToken(stage.own.kubeconfig, token);
  return await stage.kubectl.with(kubeconfig).outcome('auth', 'whoami');
}

describe('the token that reaches Vault', () => {
  let token = '';

  beforeAll(async () => {
    const annotations = { ...fromVault, 'vault.role': NAMESPACE, 'vault.address': SECOND_VAULT };
    await kubectl.apply([pod('shows-token', annotations)]);
    await kubectl.waitFor('pod/shows-token', 'condition=Ready');
    const login = vault.requests.find(({ path }) => path === '/v1/auth/kubernetes/login');
    token = (JSON.parse(login?.body ?? '{}') as { jwt: string }).jwt;
  });

  it("is the Pod's own, for Vault alone, and for an hour", async () => {
    expect(await kubectl.exec('shows-token', 'app', 'cat', '/secrets/password')).toBe('of-the-pod');

    const { sub, aud, exp, iat, 'kubernetes.io': bound } = claimsOf(token);

    expect({ sub, aud }).toEqual({ sub: SUBJECT, aud: ['vault'] });
    expect(bound?.pod?.name).toBe('shows-token');
    expect(exp - iat).toBeLessThanOrEqual(TOKEN_SECONDS + 7);
  });

  it('is refused by the API server, which takes a token of the same account that is meant for it', async () => {
    const refused = await whoAmI(token);
    const meant = await whoAmI((await kubectl.run('create', 'token', 'default')).trim());

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Unauthorized');
    expect(meant.stdout).toContain(SUBJECT);
  });

  it('is refused by another Vault for its audience, and for nothing else', async () => {
    const { api } = secondVault.server;
    const role = { namespace: NAMESPACE, account: 'default', policies: ['default'] };
    await allow(secondVault.server, { ...role, role: 'same' });
    await allow(secondVault.server, { ...role, role: 'other' });
    await api('POST', 'auth/kubernetes/role/other', { audience: 'another-vault' });

    const login = (role: string) => api('POST', 'auth/kubernetes/login', { role, jwt: token });

    await expect(login('other')).rejects.toThrow(/login: 4\d\d/);
    expect((await login('same')).auth?.client_token).toBeTruthy();
  });
});

describe('a Pod of somebody else', () => {
  it('is refused by Vault, and its agent ends with the reason and exit code 77', async () => {
    await kubectl.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'stranger' } }]);
    const role = { role: 'default-only', namespace: NAMESPACE, account: 'default', policies: ['read-all'] };
    await allow(stage.vault.server, role);
    const annotations = { ...fromVault, 'vault.role': 'default-only' };

    await kubectl.apply([pod('stranger', annotations, { spec: { serviceAccountName: 'stranger' } })]);

    const { exitCode, message } = await endOf('stranger');
    expect(exitCode).toBe(77);
    expect(message).toMatch(/vault:secret\/db.*login refused.*\(403\)/);
  });

  it('is refused by AWS, without another identity being tried', async () => {
    const arn = await aws.allowReading('not-yours', NAMESPACE, 'stranger');

    await kubectl.apply([pod('wrong-role', { ...fromAws, 'aws.role-arn': arn })]);

    const { exitCode, message } = await endOf('wrong-role');
    expect(exitCode).toBe(77);
    expect(message).toContain("the role refused the Pod's token");
  });
});

describe('the token that reaches AWS', () => {
  it("is the Pod's own, for AWS alone, and is refused by the API server", async () => {
    const arn = await aws.allowReading('reader', NAMESPACE, 'default');
    await kubectl.apply([pod('at-aws', { ...fromAws, 'aws.role-arn': arn })]);
    await kubectl.waitFor('pod/at-aws', 'condition=Ready');

    const form = new URLSearchParams(sts.requests.at(-1)?.body);
    const token = form.get('WebIdentityToken') ?? '';
    const { sub, aud, 'kubernetes.io': bound } = claimsOf(token);
    expect(await kubectl.exec('at-aws', 'app', 'cat', '/secrets/key')).toBe('key-of-the-api');
    expect({ sub, aud, pod: bound?.pod?.name }).toEqual({ sub: SUBJECT, aud: ['sts.amazonaws.com'], pod: 'at-aws' });
    expect(form.get('RoleArn')).toBe(arn);
    expect((await whoAmI(token)).stderr).toContain('Unauthorized');
  });
});

describe("a Pod on the node's network", () => {
  it('is denied a secret, with the ways out', async () => {
    const { code, stderr } = await unrestricted().tryApply([onNode('wants', fromVault)], '--dry-run=server');

    expect(code).toBe(1);
    expect(stderr).toMatch(/spec\.hostNetwork.*use the Pod network, or ask the operator for allowHostNetwork/);
  });

  it('is left alone where it asks for none', async () => {
    expect((await unrestricted().tryApply([onNode('wants-nothing', {})], '--dry-run=server')).code).toBe(0);
  });
});

/** The standard `restricted` would not have Pods on the node's network at all. */
function unrestricted(): Kubectl {
  return stage.kubectl.in('default');
}

function onNode(name: string, annotations: Readonly<Record<string, string>>) {
  return pod(name, annotations, { spec: { hostNetwork: true } });
}

describe('the metadata address of the node', () => {
  it('is called by no Pod, whatever it was given or refused', async () => {
    expect(await metadata.count()).toBe(0);
  });

  it('would be seen to be called', async () => {
    await kubectl.apply([pod('curious', {}, { script: 'nc -w 1 169.254.169.254 80' })]);

    await expect.poll(() => metadata.count(), { timeout: 60_000 }).toBeGreaterThan(0);
  });
});
