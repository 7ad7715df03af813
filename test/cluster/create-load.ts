/**
 * Load on a cluster, from inside its network, where Services have their addresses. Pods are created at a steady rate
 * (server-side dry-run, so nothing comes of them); meanwhile the webhook itself is asked over a new connection each
 * time, as an API server would that trusts what the configuration says at that moment.
 *
 *     node create-load.ts '<LoadOrder as JSON>'
 *
 * It ends when its standard input does, or at the limit, and prints a LoadReport.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface LoadOrder {
  readonly server: string;
  /** Files. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly namespace: string;
  readonly pod: object;
  /** Namespace and name of the webhook's Service, name of its configuration. */
  readonly service: { readonly namespace: string; readonly name: string; readonly address: string };
  readonly configuration: string;
  readonly createsPerSecond: number;
  readonly handshakesPerSecond: number;
  readonly seconds: number;
}

export interface Counts {
  readonly sent: number;
  /** In milliseconds. */
  readonly slowest: number;
  /** Why, each. */
  readonly failures: readonly string[];
}

export interface LoadReport {
  readonly seconds: number;
  readonly creates: Counts;
  readonly handshakes: Counts;
}

const order = JSON.parse(process.argv[2] ?? '{}') as LoadOrder;
const { namespace, pod, service, configuration } = order;
const [ca, cert, key] = [order.ca, order.cert, order.key].map((file) => readFileSync(file));
const agent = new Agent({ keepAlive: true, ca, cert, key });
const stopped = new AbortController();
process.stdin.on('end', () => stopped.abort()).resume();
const limit = setTimeout(() => stopped.abort(), order.seconds * 1000);

const start = performance.now();
const [creates, handshakes] = await Promise.all([
  atRate(order.createsPerSecond, create),
  atRate(order.handshakesPerSecond, askWebhook),
]);
clearTimeout(limit);
agent.destroy();
const report: LoadReport = { seconds: (performance.now() - start) / 1000, creates, handshakes };
process.stdout.write(JSON.stringify(report));

/** Never waits for an answer before the next one is due, and never sends more than the whole time has room for. */
async function atRate(perSecond: number, act: () => Promise<void>): Promise<Counts> {
  const failures: string[] = [];
  const pending: Promise<void>[] = [];
  let slowest = 0;
  const start = performance.now();
  const one = async () => {
    const sent = performance.now();
    await act().catch((error: unknown) => failures.push(String(error)));
    slowest = Math.max(slowest, performance.now() - sent);
  };
  for (let i = 0; i < perSecond * order.seconds && !stopped.signal.aborted; i++) {
    pending.push(one());
    const due = start + ((i + 1) * 1000) / perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
  }
  await Promise.all(pending);
  return { sent: pending.length, slowest: Math.round(slowest), failures };
}

async function create(): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  const made = (await api('POST', path, pod)) as { spec: { initContainers?: unknown[] } };
  if (made.spec.initContainers?.length !== 1) throw new Error('a Pod without our container');
}

async function askWebhook(): Promise<void> {
  const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${configuration}`;
  const { webhooks } = (await api('GET', path)) as { webhooks: [{ clientConfig: { caBundle: string } }] };
  const answer = (await send({
    agent: false,
    host: service.address,
    servername: `${service.name}.${service.namespace}.svc`,
    ca: Buffer.from(webhooks[0].clientConfig.caBundle, 'base64'),
    method: 'POST',
    path: '/mutate?timeout=5s',
    body: review(),
  })) as { response: { allowed: boolean; patch?: string } };
  if (!answer.response.allowed || answer.response.patch === undefined) throw new Error('a review without a patch');
}

function review() {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace,
      operation: 'CREATE',
      object: pod,
    },
  };
}

async function api(method: string, path: string, body?: object): Promise<unknown> {
  const { hostname: host, port } = new URL(order.server);
  return await send({ agent, host, port, method, path, ...(body && { body }) });
}

type Call = RequestOptions & { readonly body?: object };

/** @throws Error for anything but an answer with a 2xx status. */
async function send({ body, ...options }: Call): Promise<unknown> {
  const call = request({ ...options, headers: { 'content-type': 'application/json' } });
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  call.end(body === undefined ? '' : JSON.stringify(body));
  const [answer] = await answered;
  const words = await text(answer);
  const { statusCode = 0 } = answer;
  if (statusCode < 200 || statusCode > 299) throw new Error(`${options.method} ${statusCode}: ${words.slice(0, 300)}`);
  return JSON.parse(words);
}
