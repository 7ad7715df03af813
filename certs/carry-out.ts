import { issue } from './issue.ts';
import type { Material } from './material.ts';
import { reasonOf } from './notices.ts';
import type { Notices } from './notices.ts';
import { KubernetesFailure } from './ports.ts';
import type { ConfigurationStore, SecretSnapshot, SecretStore } from './ports.ts';
import { held, publish } from './publish.ts';
import type { Published } from './publish.ts';
import type { RotationAction, RotationEvent, Trusted } from './rotation.ts';
import { decode, writeSecret } from './secret.ts';
import type { Serving } from './serve.ts';
import type { Report } from './source.ts';
import type { Times } from './times.ts';
import { readBundle } from './verify.ts';

/** Carries out one action of the pure step and says what came of it. Never rejects. */

export interface Surroundings {
  secrets: SecretStore;
  configurations: ConfigurationStore;
  names: readonly string[];
  times: Times;
  now: () => number;
  serving: Serving;
  report: Report;
  notices: Notices;
}

export interface Outcome {
  event?: RotationEvent;
  /** Whether it should be tried again sooner than at the next look. */
  failed: boolean;
}

export function carryOut(action: RotationAction, on: Surroundings): Promise<Outcome> {
  switch (action.do) {
    case 'read-secret':
      return readSecret(on);
    case 'write-secret':
      return changeSecret(action, on);
    case 'publish':
      return publishTrusted(action.trusted, on);
    case 'serve':
      return Promise.resolve(serveLeaf(action, on));
    default:
      return action satisfies never;
  }
}

const TOPIC = {
  read: 'reading the certificate Secret',
  write: 'writing the certificate Secret',
  content: 'the content of the certificate Secret',
  bundles: 'publishing the CA bundle',
  leaf: 'serving a new certificate',
} as const;

async function readSecret(on: Surroundings): Promise<Outcome> {
  try {
    const snapshot = await on.secrets.get();
    on.notices.about(TOPIC.read, undefined);
    return { event: eventOf(snapshot, on), failed: false };
  } catch (error) {
    on.notices.about(TOPIC.read, reasonOf(error));
    return { event: { kind: 'secret-unreadable' }, failed: true };
  }
}

function eventOf(snapshot: SecretSnapshot | undefined, { names, notices }: Surroundings): RotationEvent {
  if (snapshot === undefined) return { kind: 'secret', content: { kind: 'absent' } };
  const content = decode(snapshot.data, names);
  notices.about(TOPIC.content, CONTENT_PROBLEM[content.kind]);
  return { kind: 'secret', version: snapshot.resourceVersion, content };
}

const CONTENT_PROBLEM: Readonly<Record<string, string>> = {
  corrupt: 'it cannot be used and will be replaced; published bundles keep what they hold',
  newer:
    'a later release wrote it; it is left alone, and this replica serves what it has. Upgrade it, or restore the Secret',
};

async function changeSecret(
  { change, base, version }: Extract<RotationAction, { do: 'write-secret' }>,
  on: Surroundings,
): Promise<Outcome> {
  try {
    const material = await issue(change, base, { names: on.names, times: on.times, now: on.now() });
    const snapshot = await writeSecret(on.secrets, material, version);
    on.notices.about(TOPIC.write, undefined);
    on.report('info', `certificates: ${change.kind} done (epoch ${material.epoch})${endOf(material)}`);
    return { event: eventOf(snapshot, on), failed: false };
  } catch (error) {
    if (wasSecond(error)) return readSecret(on);
    on.notices.about(TOPIC.write, reasonOf(error));
    // What is remembered and published goes on as it is.
    return { event: { kind: 'secret-unreadable' }, failed: true };
  }
}

function wasSecond(error: unknown): boolean {
  return error instanceof KubernetesFailure && (error.kind === 'conflict' || error.kind === 'missing');
}

function endOf({ leaf }: Material): string {
  return leaf === undefined ? '' : `, the leaf ends at ${new Date(leaf.notAfter).toISOString()}`;
}

async function publishTrusted(trusted: readonly Trusted[], on: Surroundings): Promise<Outcome> {
  try {
    const published = await publish(on.configurations, trusted, on.now());
    on.notices.about(TOPIC.bundles, missingProblem(published));
    return {
      event: { kind: 'bundles', outcome: outcomeOf(published, trusted), published: published.held },
      failed: false,
    };
  } catch (error) {
    on.notices.about(TOPIC.bundles, reasonOf(error));
    const published = await held(on.configurations, trusted).catch(() => undefined);
    return { event: { kind: 'bundles', outcome: 'failed', ...(published && { published }) }, failed: true };
  }
}

function outcomeOf({ held, changed }: Published, trusted: readonly Trusted[]): 'found' | 'written' | 'failed' {
  if (held.length < trusted.length) return 'failed';
  return changed === 0 ? 'found' : 'written';
}

function missingProblem({ missing }: Published): string | undefined {
  return missing.length === 0 ? undefined : `there is no webhook configuration ${missing.join(', ')} (yet)`;
}

function serveLeaf({ leaf, trusted }: Extract<RotationAction, { do: 'serve' }>, on: Surroundings): Outcome {
  const bundle = readBundle(trusted.map(({ certificatePem }) => certificatePem).join('\n')).certificates;
  const problem = offer(() => on.serving.offer(leaf, bundle, on.now()));
  on.notices.about(TOPIC.leaf, problem && `${problem}; the last good one stays`);
  return problem === undefined ? { event: { kind: 'served', leaf }, failed: false } : { failed: true };
}

/** The listener may refuse a certificate as well. */
function offer(take: () => string | undefined): string | undefined {
  try {
    return take();
  } catch (error) {
    return reasonOf(error);
  }
}
