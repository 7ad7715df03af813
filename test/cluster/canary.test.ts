import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterAws } from './aws-server.ts';
import { findInText, findOnDisk, newCanary, spellings } from './canary.ts';
import type { Kubectl } from './kubectl.ts';
import { container, pod } from './pods.ts';
import { run, until } from './run.ts';
import { useStage, type Stage } from './stage.ts';

const NAMESPACE = 'canary';
const WEBHOOK_NAMESPACE = 'secrets-inject';
const ACCOUNT = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };

/** What no Pod may leave anywhere; the last is the one that a careless app spills. */
const VAULT = newCanary('vault');
const ROTATED = newCanary('rotated');
const AWS = newCanary('aws');
const WRONG = newCanary('wrong');
const SPILT = newCanary('spilt');
const GUARDED = [VAULT, ROTATED, AWS, WRONG];

const since = new Date(Date.now() - 1000);
let stage: Stage;
let aws: ClusterAws;
let kubectl: Kubectl;

beforeAll(async () => {
  stage = await useStage();
  kubectl = await stage.namespace(NAMESPACE);
  aws = await stage.startAws();
  const role = await aws.allowReading('canary', NAMESPACE, 'default');
  await kubectl.apply([
    { ...ACCOUNT, metadata: { name: 'default', annotations: { 'eks.amazonaws.com/role-arn': role } } },
  ]);
  await stage.vault.write('secret/bird', { value: VAULT, nested: { value: WRONG } });
  await stage.vault.write('secret/spilt', { value: SPILT });
  await aws.write('bird', AWS);
});

afterAll(async () => {
  await stage.stop();
});

const COMMON = { 'vault.role': NAMESPACE, 'aws.region': 'eu-west-1', 'refresh-interval': '1s', 'log-level': 'debug' };

/** Each meets its value, and can say no more than that it does not fit. */
const FAILURES = {
  'no-property': 'vault:secret/bird#nested.absent',
  'no-json': 'vault:secret/bird#value.absent',
  'no-base64': 'vault:secret/bird?encoding=base64#value',
  'no-json-aws': 'aws-secrets-manager:bird#value',
  'no-version': 'vault:secret/bird?version=77#value',
} as const;

/** A secret that is served, rotated and kept through an outage, and secrets that cannot be served. */
async function live(): Promise<void> {
  const files = { 'file.vault': 'vault:secret/bird#value', 'file.aws': 'aws-secrets-manager:bird' };
  const whole = { 'file.whole': 'vault:secret/bird', 'file.deep': 'vault:secret/bird#nested' };
  const failing = Object.entries(FAILURES).map(([name, reference]) => pod(name, { ...COMMON, 'file.x': reference }));
  await kubectl.apply([pod('served', { ...COMMON, ...files, ...whole }), ...failing]);
  await kubectl.waitFor('pod/served', 'condition=Ready', 120);
  await stage.vault.write('secret/bird', { value: ROTATED, nested: { value: WRONG } });
  await until('the rotated value', 60, async () => ((await file('vault')) === ROTATED ? true : undefined));
  await Promise.all([stage.vault.cut(), aws.cut()]);
  await kubectl.logged('served', 'secrets-inject', /the last good files stay/, 60);
  await Promise.all([stage.vault.mend(), aws.mend()]);
  for (const name of Object.keys(FAILURES)) await failed(name);
}

async function file(name: string): Promise<string> {
  return await kubectl.exec('served', 'app', 'cat', `/secrets/${name}`);
}

async function failed(name: string): Promise<void> {
  await until(`the end of the agent of ${name}`, 60, async () => {
    const { code, stdout } = await kubectl.outcome('get', 'pod', name, '--output=jsonpath={..exitCode}');
    return code === 0 && stdout !== '' ? true : undefined;
  });
}

/** Spills into its log and onto the disk. */
const CARELESS = {
  containers: [
    {
      ...container('app', 'cat /secrets/spilt; echo; base64 /secrets/spilt > /scratch/spilt'),
      volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
    },
  ],
  volumes: [{ name: 'scratch', emptyDir: {} }],
};

async function webhookPods(): Promise<string[]> {
  return (await stage.kubectl.in(WEBHOOK_NAMESPACE).run('get', 'pods', '--output=name')).trim().split('\n');
}

async function metrics(namespace: string, name: string, port: number): Promise<string> {
  const text = await stage.kubectl.run(
    'get',
    `--raw=/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy/metrics`,
  );
  expect(text).toContain('secrets_inject_');
  return text;
}

describe('a secret', () => {
  it('is looked for in every spelling', () => {
    const whole = `{"a":"${VAULT}"}`;
    for (const offset of [0, 1, 2]) {
      const encoded = Buffer.from('x'.repeat(offset) + whole).toString('base64');
      expect(findInText(encoded, [VAULT])).toHaveLength(1);
    }
    expect(findInText(Buffer.from(whole).toString('hex'), [VAULT])).toEqual([`${VAULT}: hex`]);
    expect(findInText(encodeURIComponent(VAULT), [VAULT])).toContain(`${VAULT}: URL-escaped`);
    expect(findInText(JSON.stringify(VAULT), [VAULT])).toContain(`${VAULT}: JSON-escaped`);
    expect(Object.values(spellings(VAULT)).every((spelling) => spelling.length > 20)).toBe(true);
  });

  it('reaches the app, through rotation and outage, beside secrets that cannot be served', async () => {
    await live();
    expect(await file('aws')).toBe(AWS);
    expect(await file('deep')).toContain('wrong-');
  });

  it('is in no log, Pod object, event or metric', async () => {
    const own = ['secrets-inject', 'app'].map((container) => kubectl.logs('served', container));
    const objects = ['pods', 'events'].map((kind) =>
      stage.kubectl.run('get', kind, '--all-namespaces', '--output=json'),
    );
    const pods = await webhookPods();
    const webhook = pods.map((name) => stage.kubectl.in(WEBHOOK_NAMESPACE).run('logs', name));
    const numbers = pods.map((name) => metrics(WEBHOOK_NAMESPACE, name.replace('pod/', ''), 8080));
    const told = await Promise.all([...own, ...objects, ...webhook, ...numbers, metrics(NAMESPACE, 'served', 9465)]);

    expect(told.flatMap((text) => findInText(text, GUARDED))).toEqual([]);
    expect(told.join('')).toContain('secret/bird');
  });

  it('is nowhere on the disk of the node: no log, no record of kubelet, runtime or etcd', async () => {
    await run(['sync']);
    expect(await findOnDisk(stage.own.run, GUARDED, since)).toEqual([]);
  });

  it('would have been found there: a careless app spills one into its log and its own folder', async () => {
    await kubectl.apply([pod('careless', { ...COMMON, 'file.spilt': 'vault:secret/spilt#value' }, { spec: CARELESS })]);
    await kubectl.waitFor('pod/careless', 'condition=Ready');
    await kubectl.logged('careless', 'app', /spilt/);
    await kubectl.run('annotate', 'pod', 'careless', `spilt=${SPILT}`);

    const found = await until('the spilt value', 20, async () => {
      const files = (await findOnDisk(stage.own.run, [SPILT], since)).map((path) => path.slice(stage.own.run.length));
      return files.length >= 3 ? files : undefined;
    });
    for (const place of [/^\/pod-logs\/.*careless/, /^\/kubelet\/.*\/spilt$/, /^\/etcd\//])
      expect(found).toContainEqual(expect.stringMatching(place));
    expect(findInText(await kubectl.logs('careless', 'app'), [SPILT])).toContain(`${SPILT}: raw`);
  });
});
