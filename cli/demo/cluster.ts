/** The same road on the current kube context: the installed webhook, a real API server, real kubelets. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonWebKey } from 'node:crypto';
import { CONTAINER } from '../../contract/layout.ts';
import { APP, appPod, DEMO_NAMESPACE, namespaceObjects, NODE, STORE, storeObjects } from './cluster-objects.ts';
import { eventually, must } from './check.ts';
import { findInstalled, mustAllow, type Installed } from './installed.ts';
import { apply, getObject, kubectl } from './kubectl.ts';
import { newPassword } from './local-store.ts';
import { ROLE, SECRET, type Pod } from './pod.ts';
import type { Screen } from './screen.ts';
import type { SecretData } from './store/server.ts';

export interface ClusterDemo {
  readonly screen: Screen;
  /** Of the store's Service. */
  readonly address: string;
  /** Of the webhook configuration. */
  readonly release: string;
}

export const STORE_ADDRESS = `http://${STORE}.${DEMO_NAMESPACE}.svc:8200`;

interface Scene {
  readonly screen: Screen;
  readonly installed: Installed;
  readonly address: string;
  readonly rootToken: string;
}

const READY = '60s';
const FOLLOW_MS = 15_000;
const OUTAGE_MS = 3000;

/** @throws DemoFailure at the first claim that is not so */
export async function runClusterDemo({ screen, address, release }: ClusterDemo): Promise<void> {
  screen.step('The webhook on this cluster');
  screen.note(`context ${(await kubectl('config', 'current-context')).trim()}`);
  const installed = await findInstalled(release);
  mustAllow(installed, address);
  screen.ok(`is installed in the namespace ${installed.namespace}, and lets Pods use ${address}`);
  await mustBeFree();
  const scene = { screen, installed, address, rootToken: randomBytes(16).toString('hex') };
  try {
    await play(scene);
  } catch (error) {
    await tellLastWords(screen);
    throw error;
  } finally {
    await kubectl('delete', 'namespace', DEMO_NAMESPACE, '--ignore-not-found', '--wait=false');
    screen.note(`the namespace ${DEMO_NAMESPACE} is being removed`);
  }
}

async function play(scene: Scene): Promise<void> {
  let data = { username: 'shop', password: newPassword() };
  await startStore(scene, data);
  await createApp(scene);
  await showFiles(scene, data);
  data = { ...data, password: newPassword() };
  await changeSecret(scene, data);
  await loseStore(scene, data);
}

/** What `kubectl describe pod` shows of an agent that gave up. */
async function tellLastWords(screen: Screen): Promise<void> {
  const path = '{.status.initContainerStatuses[*].lastState.terminated.message}';
  const said = kubectl('get', 'pod', APP, '-n', DEMO_NAMESPACE, '--ignore-not-found', '-o', `jsonpath=${path}`);
  const words = await said.catch(() => '');
  if (words !== '') screen.note(`the agent's last words: ${words}`);
}

/** What is there belongs to somebody, or is still going away. */
async function mustBeFree(): Promise<void> {
  const found = await kubectl('get', 'namespace', DEMO_NAMESPACE, '--ignore-not-found', '-o', 'name');
  must(found.trim() === '', `there is no namespace ${DEMO_NAMESPACE} yet: remove it, or wait until it is gone`);
}

async function startStore({ screen, installed, address, rootToken }: Scene, data: SecretData): Promise<void> {
  screen.step('A development store in the cluster');
  const { keys } = JSON.parse(await kubectl('get', '--raw', '/openid/v1/jwks')) as { keys: JsonWebKey[] };
  const { agent, vault } = installed.config;
  await apply(namespaceObjects());
  const roles = { [ROLE]: `system:serviceaccount:${DEMO_NAMESPACE}:${APP}` };
  const options = { keys, audience: vault.audience, roles, rootToken, secrets: { [SECRET]: data } };
  await apply(storeObjects(agent.image, address, options));
  await kubectl('wait', '-n', DEMO_NAMESPACE, `pod/${STORE}`, '--for=condition=Ready', `--timeout=${READY}`);
  screen.ok(`holds ${SECRET}, and checks tokens with the ${keys.length} public key(s) of this cluster`);
}

async function createApp({ screen, installed, address }: Scene): Promise<void> {
  screen.step('A Pod that asks for two files');
  await apply([appPod(installed.config.agent.image, address, ROLE)]);
  const pod = (await getObject('pod', APP, DEMO_NAMESPACE)) as Pod;
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ name }) => name);
  must(
    containers.includes(CONTAINER.sidecar),
    `the API server has stored it with the agent (${containers.join(', ')})`,
  );
  screen.ok(`was stored by the API server with the containers ${containers.join(', ')}`);
  await kubectl('wait', '-n', DEMO_NAMESPACE, `pod/${APP}`, '--for=condition=Ready', `--timeout=${READY}`);
  screen.ok('is running, in a namespace that enforces "restricted"');
}

async function showFiles(scene: Scene, data: SecretData): Promise<void> {
  for (const [name, value] of Object.entries(data)) {
    must((await read(name)) === value, `/secrets/${name} holds what the store holds`);
    scene.screen.block(`/secrets/${name} -> ${value}`);
  }
  scene.screen.ok('both files hold what the store holds');
}

async function changeSecret(scene: Scene, data: SecretData): Promise<void> {
  const { screen, rootToken } = scene;
  screen.step('The secret changes in the store');
  const url = `http://127.0.0.1:8200/v1/${SECRET.replace('/', '/data/')}`;
  const options = { method: 'POST', headers: { 'x-vault-token': rootToken }, body: JSON.stringify({ data }) };
  const script = `fetch(${JSON.stringify(url)}, ${JSON.stringify(options)}).then(({ ok }) => process.exit(ok ? 0 : 1))`;
  await kubectl('exec', '-n', DEMO_NAMESPACE, STORE, '--', NODE, '--eval', script);
  const start = performance.now();
  await eventually('the file follows', FOLLOW_MS, async () => (await read('password')) === data['password']);
  screen.block(`/secrets/password -> ${data['password']}`);
  screen.ok(`the file followed after ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

async function loseStore(scene: Scene, data: SecretData): Promise<void> {
  const { screen, installed } = scene;
  screen.step('The store is killed');
  await kubectl('delete', 'pod', STORE, '-n', DEMO_NAMESPACE, '--grace-period=0', '--force');
  const metrics = `/api/v1/namespaces/${DEMO_NAMESPACE}/pods/${APP}:${installed.config.agent.port}/proxy/metrics`;
  const metric = await eventually('the metric tells of the outage', FOLLOW_MS, async () => {
    const lines = (await kubectl('get', '--raw', metrics)).split('\n');
    return lines.find((line) => line.startsWith('secrets_inject_last_state{') && line.endsWith(' -1'));
  });
  await sleep(OUTAGE_MS);
  must((await read('password')) === data['password'], 'the old value stays');
  const { status } = (await getObject('pod', APP, DEMO_NAMESPACE)) as { status: { phase: string } };
  must(status.phase === 'Running', 'the Pod goes on');
  screen.block(metric);
  screen.ok('the Pod goes on, its metric tells of the outage, and the files are untouched');
}

function read(name: string): Promise<string> {
  const script = `process.stdout.write(require('fs').readFileSync('/secrets/${name}'))`;
  return kubectl('exec', '-n', DEMO_NAMESPACE, APP, '-c', 'app', '--', NODE, '--eval', script);
}
