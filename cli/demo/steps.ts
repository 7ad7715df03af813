/** Each step does one thing for real, looks whether it happened, and says so. */
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { agentContainer, projectTokens, type RunningAgent } from './running-agent.ts';
import { admit, type Admission } from './api-server.ts';
import { PREFIX } from '../../contract/layout.ts';
import { eventually, must } from './check.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import { diffLines, onlyChanges, type DiffLine } from './diff.ts';
import { AUDIENCE, newPassword, type LocalStore } from './local-store.ts';
import { POD, SECRET, type Pod } from './pod.ts';
import type { Screen } from './screen.ts';
import type { DemoWebhook } from './webhook.ts';
import type { Workspace } from './workspace.ts';

/** What the last steps have in common. */
export interface Scene {
  readonly screen: Screen;
  readonly store: LocalStore;
  readonly workspace: Workspace;
  readonly agent: RunningAgent;
}

const FIRST_FILES_MS = 10_000;
const FOLLOW_MS = 5000;
/** Some refreshes of the agent, each of which fails. */
const OUTAGE_MS = 3000;
const END_MS = 1000;
const LINE = 110;

export async function showStore(screen: Screen, store: LocalStore): Promise<void> {
  screen.step('A development store');
  const answer = await fetch(`${store.address}/v1/${SECRET.replace('/', '/data/')}`);
  must(answer.status === 403, 'the store gives nothing to somebody without a login');
  screen.ok(`speaks Vault's API on ${store.address} and holds ${SECRET} (a made-up secret)`);
  screen.ok('gives nothing to somebody without a login');
}

export async function showWebhook(screen: Screen, webhook: DemoWebhook): Promise<void> {
  screen.step('The webhook, over TLS');
  screen.ok(`listens on 127.0.0.1:${webhook.port} with a certificate for ${webhook.serverName}, by its own authority`);
  const stranger = await admit(POD, { ...webhook, caBundle: webhook.otherAuthority }).catch((error: Error) => error);
  must(stranger instanceof Error, 'a client with another authority refuses the certificate');
  screen.ok('a client that trusts another authority refuses it');
}

export async function sendPod(screen: Screen, webhook: DemoWebhook): Promise<Admission> {
  screen.step('A Pod that asks for two files');
  screen.block(stringify(POD, { lineWidth: 0 }));
  await sendSlip(screen, webhook);
  screen.step('The same Pod after admission, sent as an API server does');
  const admission = await admit(POD, webhook);
  must(admission.allowed, `the Pod is admitted (${admission.message})`);
  const lines = diffLines(yamlOf(POD), yamlOf(admission.pod));
  must(!lines.some(({ kind }) => kind === 'removed'), 'nothing of the Pod was taken away');
  screen.diff(onlyChanges(lines, 1).map(shortened));
  const again = await admit(admission.pod, webhook);
  must(again.allowed && again.patch.length === 0, 'a second admission changes nothing');
  screen.ok(`${admission.patch.length} additions, nothing taken away; sending it again changes nothing`);
  return admission;
}

async function sendSlip(screen: Screen, webhook: DemoWebhook): Promise<void> {
  const annotations = { ...POD.metadata.annotations, [`${PREFIX}file.token`]: 'valt:shop/token' };
  const slip = await admit({ ...POD, metadata: { ...POD.metadata, annotations } }, webhook);
  must(
    !slip.allowed && slip.message.includes('vault'),
    'a Pod with a slip is refused, and the message names the right word',
  );
  screen.ok(`with a slip in it, the Pod is refused: ${slip.message}`);
}

export function mountTokens(
  screen: Screen,
  { pod, identity, workspace }: { pod: Pod; identity: ClusterIdentity; workspace: Workspace },
): void {
  screen.step("The agent, started from the Pod's own message");
  const audiences = projectTokens(pod, identity, workspace.tokens);
  must(audiences.length === 1 && audiences[0] === AUDIENCE, `the Pod asks for one token, for "${AUDIENCE}" alone`);
  screen.ok(`the Pod's ServiceAccount token is for the audience "${AUDIENCE}" alone`);
  const { args = [] } = agentContainer(pod);
  if (!workspace.inMemory) screen.note(`! no /dev/shm here: the files go to a temporary folder on disk`);
  screen.note(`agent ${args.join(' ')}, files in ${workspace.files}`);
}

export async function showFiles(scene: Scene): Promise<void> {
  const { screen, store, workspace, agent } = scene;
  await eventually(`the files appear; the agent says: ${agent.log()}`, FIRST_FILES_MS, () => holds(scene));
  for (const [name, value] of Object.entries(store.data())) screen.block(`${join(workspace.files, name)} -> ${value}`);
  screen.ok('both files hold what the store holds');
}

export async function changeSecret(scene: Scene): Promise<void> {
  const { screen, store, workspace } = scene;
  screen.step('The secret changes in the store');
  const before = readlinkSync(join(workspace.files, '..data'));
  await store.write({ ...store.data(), password: newPassword() });
  const start = performance.now();
  await eventually('the file follows', FOLLOW_MS, () => holds(scene));
  must(readlinkSync(join(workspace.files, '..data')) !== before, 'the whole set was exchanged at once');
  screen.block(`${join(workspace.files, 'password')} -> ${read(workspace, 'password')}`);
  screen.ok(`the file followed after ${seconds(performance.now() - start)}, the whole set in one step`);
}

export async function loseStore(scene: Scene): Promise<void> {
  const { screen, store, workspace, agent } = scene;
  screen.step('The store is killed');
  const before = readlinkSync(join(workspace.files, '..data'));
  await store.kill();
  const gone = await fetch(store.address).catch((error: Error) => error);
  must(gone instanceof Error, 'nobody answers at the address of the store');
  const metric = await eventually('the metric tells of the outage', FOLLOW_MS, () => failingMetric(agent));
  await sleep(OUTAGE_MS);
  must(agent.isRunning(), 'the agent goes on');
  must(holds(scene) && readlinkSync(join(workspace.files, '..data')) === before, 'the old values stay');
  screen.block(metric);
  screen.ok('the agent goes on, its metric tells of the outage, and the files are untouched');
}

export async function endAgent({ screen, agent }: Scene): Promise<void> {
  screen.step('The Pod ends');
  const took = await agent.stop();
  must(took < END_MS, `the agent ends within a second (${seconds(took)})`);
  screen.ok(`the agent ended ${seconds(took)} after SIGTERM`);
}

/** The agent's message is one long line. */
function shortened(line: DiffLine): DiffLine {
  return line.text.length > LINE ? { ...line, text: `${line.text.slice(0, LINE)}…` } : line;
}

function yamlOf(pod: Pod): string {
  return stringify(pod, { lineWidth: 0 }).trimEnd();
}

function holds({ store, workspace }: Scene): boolean {
  return Object.entries(store.data()).every(([name, value]) => read(workspace, name) === value);
}

function read(workspace: Workspace, name: string): string {
  return readFileSync(join(workspace.files, name), 'utf8');
}

async function failingMetric({ config }: RunningAgent): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${config.port}/metrics`);
  const lines = (await answer.text()).split('\n');
  return lines.find((line) => line.startsWith('secrets_inject_last_state{') && line.endsWith(' -1'));
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
