import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadReport } from './create-load.ts';
import type { Kubectl } from './kubectl.ts';
import { startLoad, type Load } from './load.ts';
import { countPackets } from './packet-counter.ts';
import { pod } from './pods.ts';
import { until } from './run.ts';
import { useStage, type Stage } from './stage.ts';
import { WEBHOOK_NAMESPACE, WEBHOOK_PODS } from './webhook-metrics.ts';

const NAMESPACE = 'availability';
const WEBHOOK = 'secrets-inject';
const DEPLOYMENT = `deployment/${WEBHOOK}`;
/** What the agent's image has anyway plays the secret. */
const SECRET = { 'file.password': 'file:nsswitch.conf' };
const REPLICAS = 2;

let stage: Stage;
let kubectl: Kubectl;
let webhook: Kubectl;

beforeAll(async () => {
  stage = await useStage();
  kubectl = await stage.namespace(NAMESPACE);
  webhook = stage.kubectl.in(WEBHOOK_NAMESPACE);
});

afterAll(async () => {
  await stage.stop();
});

async function scale(replicas: number): Promise<void> {
  await webhook.run('scale', DEPLOYMENT, `--replicas=${replicas}`);
  if (replicas === 0) await webhook.run('delete', 'pods', WEBHOOK_PODS, '--grace-period=1', '--wait');
  else await webhook.run('rollout', 'status', DEPLOYMENT, '--timeout=120s');
}

function deployment(name: string) {
  const { metadata, spec } = pod('', SECRET);
  const labels = { app: name };
  const template = { metadata: { annotations: metadata.annotations, labels }, spec };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  };
}

describe('while no webhook runs', () => {
  const REFUSAL = /failed calling webhook "pods\.secrets\.inject".*(connection refused|no endpoints available)/;

  beforeAll(async () => {
    await scale(0);
  });

  afterAll(async () => {
    await scale(REPLICAS);
  });

  it('starts Pods without annotations of ours', async () => {
    await kubectl.apply([pod('plain', {})]);

    await kubectl.waitFor('pod/plain', 'condition=Ready');
    expect(await kubectl.exec('plain', 'app', 'echo', 'runs')).toBe('runs\n');
  });

  it('refuses annotated Pods, and says which webhook did not answer', async () => {
    const { code, stderr } = await kubectl.tryApply([pod('annotated', SECRET)]);

    expect(code).toBe(1);
    expect(stderr).toMatch(REFUSAL);
  });

  it.each(['kube-system', WEBHOOK_NAMESPACE])('never asks it for a Pod of %s', async (namespace) => {
    const { code, stderr } = await kubectl.in(namespace).tryApply([pod('own', SECRET)], '--dry-run=server');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('tells of the reason at a Deployment, whose Pods come by themselves with the webhook', async () => {
    await kubectl.apply([deployment('later')]);
    await kubectl.waitFor('deployment/later', 'condition=ReplicaFailure');
    const reason = '--output=jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].message}';
    expect(await kubectl.run('get', 'deployment/later', reason)).toMatch(REFUSAL);

    await scale(REPLICAS);

    await kubectl.run('rollout', 'status', 'deployment/later', '--timeout=120s');
    expect(await kubectl.exec('deployment/later', 'app', 'cat', '/secrets/password')).toBe('hosts: files dns\n');
  });
});

describe('a rolling restart of the webhook under load', () => {
  const CREATES_PER_SECOND = 20;
  const HANDSHAKES_PER_SECOND = 5;
  const LIMIT_SECONDS = 240;
  /** Of the load before and after. */
  const MARGIN_MS = 2000;

  it('fails no create and no handshake', async () => {
    const connections = await countPackets(stage.own, 'HANDSHAKES', [['-p', 'tcp', '--syn', '--dport', '8443']]);
    const load = startLoad(stage.own, {
      namespace: NAMESPACE,
      pod: pod('load', SECRET),
      service: { namespace: WEBHOOK_NAMESPACE, name: WEBHOOK, address: await serviceAddress() },
      configuration: WEBHOOK,
      createsPerSecond: CREATES_PER_SECOND,
      handshakesPerSecond: HANDSHAKES_PER_SECOND,
      seconds: LIMIT_SECONDS,
    });
    const report = await during(load, async () => {
      await sleep(MARGIN_MS);
      await restart();
      await sleep(MARGIN_MS);
    });

    const byApiServer = (await connections.count()) - report.handshakes.sent;
    await connections.stop();
    process.stdout.write(table(report, byApiServer));
    expect(report.creates.failures).toEqual([]);
    expect(report.handshakes.failures).toEqual([]);
    expect(report.creates.sent).toBeGreaterThan(report.seconds * CREATES_PER_SECOND * 0.9);
    expect(byApiServer).toBeGreaterThanOrEqual(REPLICAS);
  });
});

async function during(load: Load, act: () => Promise<void>): Promise<LoadReport> {
  await act().catch(async (error: unknown) => {
    await load.stop();
    throw error;
  });
  return await load.stop();
}

/** Until the last replica of before is gone. */
async function restart(): Promise<void> {
  const names = async () => (await webhook.run('get', 'pods', WEBHOOK_PODS, '--output=name')).trim().split('\n');
  const before = await names();
  await webhook.run('rollout', 'restart', DEPLOYMENT);
  await webhook.run('rollout', 'status', DEPLOYMENT, '--timeout=120s');
  await until('end of the old replicas', 120, async () => {
    const now = await names();
    return before.some((name) => now.includes(name)) ? undefined : true;
  });
}

async function serviceAddress(): Promise<string> {
  return await webhook.run('get', `service/${WEBHOOK}`, '--output=jsonpath={.spec.clusterIP}');
}

function table({ seconds, creates, handshakes }: LoadReport, byApiServer: number): string {
  return `rolling restart of the webhook, ${seconds.toFixed(0)} s
| | sent | failed | slowest |
|---|---|---|---|
| creates through the API server | ${creates.sent} | ${creates.failures.length} | ${creates.slowest} ms |
| reviews over new connections | ${handshakes.sent} | ${handshakes.failures.length} | ${handshakes.slowest} ms |
| new connections of the API server | ${byApiServer} | | |
`;
}
