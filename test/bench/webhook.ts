/** Admissions per second of the real process, beside those of a bare server that only parses and answers. */
import { bundleIn, CONFIG, startApiServer } from '../webhook/support/process.ts';
import { newCertificate } from '../webhook/support/certificates.ts';
import { call } from '../webhook/support/client.ts';
import { openConnections, type Connections, type LoadTarget } from './load.ts';
import { reviewOf } from './review.ts';
import { startBare, startWebhookProcess, type ServerProcess } from './servers.ts';
import { median, percentile, printTable } from './table.ts';

const CONNECTIONS = 8;
const ROUNDS = 12;
/** Long, for the compiler goes on getting better at this code for some ten thousand requests. */
const WARM_UP_MS = 8000;
const ROUND_MS = 1500;
const SERVERNAME = 'secrets-inject.secrets-inject.svc';
const COLD = 'webhook, every Pod of another template';
const GOAL = { rate: 0.7, p99: 2 };

interface Candidate {
  readonly name: string;
  readonly server: ServerProcess;
  readonly connections: Connections;
  readonly rates: number[];
  readonly times: number[];
  readonly cpuPerRequest: number[];
}

/** Twenty Deployments of ten Pods each, as when a cluster is being rolled. */
const ROLLOUT = Array.from({ length: 200 }, (_, i) => reviewOf(i % 20, Math.floor(i / 20)));
/** Every Pod of another template: nothing can be remembered. */
const STRANGERS = Array.from({ length: 2000 }, (_, i) => reviewOf(100 + i, 0));

/** @returns whether the goals are met */
export async function benchWebhook(): Promise<boolean> {
  const api = await startApiServer();
  const start = () => startWebhookProcess(CONFIG, api.kubeconfig());
  const webhooks = [await start(), await start()] as const;
  const targetOf = ({ port }: ServerProcess) => ({ port, ca: bundleIn(api), servername: SERVERNAME });
  const answer = await answerOf(targetOf(webhooks[0]));
  const { chainPem, keyPem, caPem } = await newCertificate();
  const server = await startBare({ cert: chainPem, key: keyPem, answer });
  const bareTarget = { port: server.port, ca: caPem, servername: 'localhost' };
  const bare = await candidate('bare node:https', server, { ...bareTarget, bodies: ROLLOUT });
  const ours = await candidate('webhook', webhooks[0], { ...targetOf(webhooks[0]), bodies: ROLLOUT });
  const cold = await candidate(COLD, webhooks[1], { ...targetOf(webhooks[1]), bodies: STRANGERS });
  for (let round = 0; round < ROUNDS; round++)
    for (const one of round % 2 === 0 ? [bare, ours, cold] : [cold, ours, bare]) await measure(one);
  const fine = report([bare, ours, cold], answer.length);
  await Promise.all([...webhooks, server, api].map((one) => one.stop()));
  return fine;
}

/** The bare server's constant; and proof that what is measured is an injection. */
async function answerOf(target: Omit<LoadTarget, 'bodies'>): Promise<string> {
  const { body: answer } = await call({ ...target, body: reviewOf(0, 0) });
  if (!answer.includes('"patch":')) throw new Error(`the webhook did not inject: ${answer}`);
  return answer;
}

async function candidate(name: string, server: ServerProcess, target: LoadTarget): Promise<Candidate> {
  const connections = await openConnections(target, CONNECTIONS);
  await connections.run(WARM_UP_MS);
  return { name, server, connections, rates: [], times: [], cpuPerRequest: [] };
}

async function measure({ server, connections, rates, times, cpuPerRequest }: Candidate): Promise<void> {
  const cpu = server.cpuMs();
  const began = performance.now();
  const taken = await connections.run(ROUND_MS);
  rates.push(taken.length / ((performance.now() - began) / 1000));
  cpuPerRequest.push(((server.cpuMs() - cpu) * 1000) / taken.length);
  for (const time of taken) times.push(time);
}

function report(candidates: [Candidate, Candidate, Candidate], answerSize: number): boolean {
  const [bare, ours, cold] = candidates;
  const size = ROLLOUT[0]?.length ?? 0;
  const title = `Admission over TLS keep-alive: ${CONNECTIONS} connections, review ${size} B, answer ${answerSize} B, ${ROUNDS} rounds in turn`;
  printTable(title, candidates.map(row));
  const [rate, p99] = [rateRatio(ours, bare), p99Ratio(ours, bare)];
  printTable('Against the bare server', [
    {
      what: 'rate',
      webhook: rate.toFixed(2),
      goal: `>= ${GOAL.rate.toFixed(2)}`,
      'other templates': rateRatio(cold, bare).toFixed(2),
    },
    {
      what: 'p99',
      webhook: p99.toFixed(2),
      goal: `<= ${GOAL.p99.toFixed(2)}`,
      'other templates': p99Ratio(cold, bare).toFixed(2),
    },
  ]);
  for (const { connections } of candidates) connections.close();
  return rate >= GOAL.rate && p99 <= GOAL.p99;
}

/** Median over the rounds: neighbours in time have the same machine under them. */
function rateRatio(one: Candidate, other: Candidate): number {
  return median(one.rates.map((rate, round) => rate / (other.rates[round] ?? 1)));
}

function p99Ratio(one: Candidate, other: Candidate): number {
  return percentile(one.times, 0.99) / percentile(other.times, 0.99);
}

function row({ name, rates, times, cpuPerRequest, server }: Candidate): Record<string, string> {
  return {
    server: name,
    'requests/s': median(rates).toFixed(0),
    'p50 ms': percentile(times, 0.5).toFixed(2),
    'p99 ms': percentile(times, 0.99).toFixed(2),
    'CPU us/request': median(cpuPerRequest).toFixed(0),
    'memory MiB': server.residentMiB().toFixed(0),
  };
}
