import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterAws } from './aws-server.ts';
import { REPOSITORY } from './config.ts';
import type { Kubectl } from './kubectl.ts';
import { useStage, type Stage } from './stage.ts';
import { allowReading } from './vault-server.ts';

/** As the examples have it. */
const NAMESPACE = 'secrets-inject-examples';
const ACCOUNT = 'example';

let stage: Stage;
let aws: ClusterAws;
let kubectl: Kubectl;

beforeAll(async () => {
  stage = await useStage();
  aws = await stage.startAws();
  kubectl = stage.kubectl.in(NAMESPACE);
  await kubectl.delete(`namespace/${NAMESPACE}`);
  await example('namespace');
  await allowReading(stage.vault.server, 'example', NAMESPACE, ACCOUNT);
  await stage.vault.write('secret/example/db', { user: 'app', password: 'change-me' });
  await aws.allowReading('secrets-inject-example', NAMESPACE, ACCOUNT);
  await aws.write('example/api', '{"key":"key-of-the-api"}');
});

afterAll(async () => {
  await kubectl.delete(`namespace/${NAMESPACE}`);
  await stage.stop();
});

async function example(name: string): Promise<void> {
  const yaml = await readFile(join(REPOSITORY, 'deploy', 'examples', `${name}.yaml`), 'utf8');
  await stage.kubectl.apply(yaml);
}

describe('the examples, applied as they are in a namespace that enforces "restricted"', () => {
  it('let a bare Pod read from Vault and AWS, with a default and without what is optional', async () => {
    await example('pod');

    await kubectl.waitFor('pod/shell', 'condition=Ready');
    expect(await kubectl.exec('shell', 'shell', 'cat', '/secrets/password')).toBe('change-me');
    expect(await kubectl.exec('shell', 'shell', 'cat', '/secrets/api-key')).toBe('key-of-the-api');
    expect(await kubectl.exec('shell', 'shell', 'cat', '/secrets/motd')).toBe('hello');
    expect(await kubectl.exec('shell', 'shell', 'ls', '/secrets')).toBe('api-key\nmotd\npassword\n');
  });

  it('let the Pods of a Deployment read', async () => {
    await example('deployment');

    await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s');
    expect(await kubectl.logged('deployment/web', 'app', /./)).toContain('user 3 bytes, password 9 bytes');
  });

  it('let a StatefulSet read sub-folders from two backends, with a mode of its own, in one container alone', async () => {
    await example('statefulset');

    await kubectl.run('rollout', 'status', 'statefulset/db', '--timeout=60s');
    const log = await kubectl.logged('db-0', 'db', /^9$/m);
    expect(log).toMatch(/-r--------.* 9 .* password\n/);
    expect(log).toMatch(/-r--r-----.* 14 .* key\n/);
    expect(await kubectl.exec('db-0', 'db', 'cat', '/run/credentials/api/key')).toBe('key-of-the-api');
  });

  it('let a Job end that reads from AWS as its own ServiceAccount', async () => {
    await example('job');

    await kubectl.waitFor('job/report', 'condition=Complete');
    expect(await kubectl.logs('job/report', 'report')).toBe('key of 14 bytes\n');
    expect(aws.granted()).toBeGreaterThan(0);
  });

  it('let the Job of a CronJob end', async () => {
    await example('cronjob');
    await kubectl.run('create', 'job', 'tonight', '--from=cronjob/nightly');

    await kubectl.waitFor('job/tonight', 'condition=Complete');
    expect(await kubectl.logs('job/tonight', 'nightly')).toBe('password of 9 bytes\n');
  });
});
