import { X509Certificate } from 'node:crypto';
import { KubernetesFailure } from './ports.ts';
import type { ConfigurationStore, PatchOperation, WebhookConfiguration } from './ports.ts';
import type { Trusted } from './rotation.ts';
import { fingerprintOf, readBundle, toPem } from './verify.ts';

/**
 * Brings our authorities into the bundle of EVERY entry of every configuration. A bundle only ever grows by ours and
 * shrinks by what has ended or is no authority: what somebody else put there still answers for them.
 */

export interface Published {
  /** Ids of the wanted authorities that all bundles hold now. */
  held: string[];
  /** How many entries had to be changed. */
  changed: number;
  /** Configurations that are not there (yet). */
  missing: string[];
}

const ATTEMPTS = 5;

/** Rejects with a `KubernetesFailure` where a configuration cannot be read or written. */
export async function publish(store: ConfigurationStore, trusted: readonly Trusted[], now: number): Promise<Published> {
  const found = await Promise.all(store.names.map((name) => publishOne(store, name, trusted, now)));
  const present = found.filter((one) => one !== undefined);
  const bundles = present.flatMap(({ bundles }) => bundles);
  const missing = store.names.filter((_, i) => found[i] === undefined);
  const held = bundles.length === 0 || missing.length > 0 ? [] : idsIn(bundles, trusted);
  return { held, changed: present.reduce((sum, { changed }) => sum + changed, 0), missing };
}

/** What all bundles hold of the wanted, without changing anything. */
export async function held(store: ConfigurationStore, trusted: readonly Trusted[]): Promise<string[]> {
  const found = await Promise.all(store.names.map((name) => store.get(name)));
  const bundles = found.flatMap((configuration) => configuration?.bundles ?? ['']);
  return bundles.length === 0 ? [] : idsIn(bundles, trusted);
}

interface Written {
  bundles: readonly string[];
  changed: number;
}

async function publishOne(
  store: ConfigurationStore,
  name: string,
  trusted: readonly Trusted[],
  now: number,
): Promise<Written | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const configuration = await store.get(name);
    if (configuration === undefined) return undefined;
    const operations = patchFor(configuration, trusted, now);
    if (operations.length === 0) return { bundles: configuration.bundles, changed: 0 };
    const written = await patched(store, name, operations, attempt < ATTEMPTS);
    if (written !== undefined) return readBack(written, trusted, operations.length - 1);
  }
}

/** `undefined` where somebody else was first and it is worth another look. */
async function patched(
  store: ConfigurationStore,
  name: string,
  operations: readonly PatchOperation[],
  again: boolean,
): Promise<WebhookConfiguration | undefined> {
  try {
    return await store.patch(name, operations);
  } catch (error) {
    if (again && error instanceof KubernetesFailure && error.kind === 'conflict') return undefined;
    throw error;
  }
}

function readBack(written: WebhookConfiguration, trusted: readonly Trusted[], changed: number): Written {
  if (idsIn(written.bundles, trusted).length < trusted.length) {
    const reason = `the CA bundle of ${written.name} was changed on its way into the cluster (by another admission plugin?)`;
    throw new KubernetesFailure('other', reason);
  }
  return { bundles: written.bundles, changed };
}

/** Empty where there is nothing to do. */
function patchFor(
  { resourceVersion, bundles }: WebhookConfiguration,
  trusted: readonly Trusted[],
  now: number,
): PatchOperation[] {
  const changes = bundles.flatMap((bundle, entry): PatchOperation[] => {
    const value = mended(bundle, trusted, now);
    if (value === undefined) return [];
    const path = `/webhooks/${entry}/clientConfig/caBundle`;
    return [{ op: 'add', path, value: Buffer.from(value).toString('base64') }];
  });
  if (changes.length === 0) return [];
  return [{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }, ...changes];
}

/** The bundle as it should be, or `undefined` where it is so already. */
function mended(bundle: string, trusted: readonly Trusted[], now: number): string | undefined {
  const { certificates, broken } = readBundle(bundle);
  const kept = certificates.filter((one) => one.ca && now < one.validToDate.getTime());
  const present = new Set(kept.map(fingerprintOf));
  const absent = trusted.filter(({ id }) => !present.has(id));
  if (!broken && absent.length === 0 && kept.length === certificates.length) return undefined;
  return toPem([...kept, ...absent.map(({ certificatePem }) => new X509Certificate(certificatePem))]);
}

function idsIn(bundles: readonly string[], trusted: readonly Trusted[]): string[] {
  const read = bundles.map((pem) => new Set(readBundle(pem).certificates.map(fingerprintOf)));
  return trusted.map(({ id }) => id).filter((id) => read.every((ids) => ids.has(id)));
}
