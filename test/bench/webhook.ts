/** Admissions per second of the real process, beside those of a bare server that only parses and answers. */
import { bundleIn, CONFIG, startApiServer } from '../webhook/support/process.ts';
import { newCertificate } from '../webhook/support/certificates.ts';
import { call } from '../webhook/support/client.ts';
import { openConnections, type Connections, type LoadTarget } from './load.ts';
import { REVIEW } from './review.ts';
import { startBare, startWebhookProcess, type ServerProcess } from './servers.ts';
import { median, percentile, printTable } from './table.ts';

const CONNECTIONS = 8;
const ROUNDS = 12;
/** Long, for the compiler goes on getting better at this code for some ten thousand requests. */
const WARM_UP_MS = 8000;
const ROUND_MS = 1500;
const GOAL = { rate: 0.7, p99: 2 };

interface Candidate {
  readonly name: string;
  readonly server: ServerProcess;
  readonly connections: Connections;
  readonly rates: number[];
  readonly times: number[];
  readonly cpuPerRequest: number[];
}

/** @returns whether the goals are met */
export async function benchWebhook(): Promise<boolean> {
  const api = await startApiServer();
  const webhook = await startWebhookProcess(CONFIG, api.kubeconfig());
  const name = 'secrets-inject.secrets-inject.svc';
  const target = { port: webhook.port, ca: bundleIn(api), servername: name, body: REVIEW };
  const answer = await answerOf(target);
  const { chainPem, keyPem, caPem } = await newCertificate();
  const bare = await startBare({ cert: chainPem, key: keyPem, answer });
  const bareTarget = { ...target, port: bare.port, ca: caPem, servername: 'localhost' };
  const ours = await candidate('secrets-inject webhook', webhook, target);
  const theirs = await candidate('bare node:https', bare, bareTarget);
  for (let round = 0; round < ROUNDS; round++)
    for (const one of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) await measure(one);
  const fine = report(ours, theirs, answer.length);
  await webhook.stop();
  await bare.stop();
  await api.stop();
  return fine;
}

/** The bare server's constant; and proof that what is measured is an injection. */
async function answerOf({ port, ca, servername, body }: LoadTarget): Promise<string> {
  const { body: answer } = await call({ port, ca, servername, body });
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

function report(ours: Candidate, bare: Candidate, answerSize: number): boolean {
  const ratios = ours.rates.map((rate, round) => rate / (bare.rates[round] ?? 1));
  const rate = median(ratios);
  const p99 = percentile(ours.times, 0.99) / percentile(bare.times, 0.99);
  const title = `Admission over TLS keep-alive, ${CONNECTIONS} connections, review ${REVIEW.length} B, answer ${answerSize} B, ${ROUNDS} rounds in turn`;
  printTable(title, [row(ours), row(bare)]);
  printTable('Ours against the bare server', [
    { what: 'rate (median of rounds)', ratio: rate.toFixed(2), goal: `>= ${GOAL.rate.toFixed(2)}` },
    { what: 'p99', ratio: p99.toFixed(2), goal: `<= ${GOAL.p99.toFixed(2)}` },
  ]);
  ours.connections.close();
  bare.connections.close();
  return rate >= GOAL.rate && p99 <= GOAL.p99;
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
