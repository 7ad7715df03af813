import { describeAuthority, describeLeaf } from './describe.ts';
import type { Authority, Leaf, Material, Phase } from './material.ts';
import type { SecretSnapshot, SecretStore } from './ports.ts';
import type { SecretContent } from './rotation.ts';

/** The Secret that all replicas share: what stands in it, and how it is written without losing anybody's change. */

const KEY = 'state.json';
const FORMAT = 1;

/** Never throws: whatever cannot be used is `corrupt`, and a later format is `newer`. */
export function decode(data: Readonly<Record<string, string>>, names: readonly string[]): SecretContent {
  const text = data[KEY];
  if (text === undefined) return { kind: 'corrupt' };
  try {
    const stored = record(JSON.parse(text));
    const format = number(stored['format']);
    if (format > FORMAT) return { kind: 'newer' };
    return format === FORMAT ? { kind: 'valid', material: materialOf(stored, names) } : { kind: 'corrupt' };
  } catch {
    return { kind: 'corrupt' };
  }
}

export function encode({ epoch, phase, since, authorities, leaf }: Material): Record<string, string> {
  const stored = {
    format: FORMAT,
    epoch,
    phase,
    since: new Date(since).toISOString(),
    authorities: authorities.map(({ certificatePem, keyPem }) => ({ certificate: certificatePem, key: keyPem })),
    ...(leaf && { leaf: { chain: leaf.chainPem, key: leaf.keyPem } }),
  };
  return { [KEY]: `${JSON.stringify(stored, undefined, 2)}\n` };
}

/** Creates the Secret, or replaces that one version of it; rejects with `conflict` where another replica was first. */
export function writeSecret(store: SecretStore, material: Material, version?: string): Promise<SecretSnapshot> {
  const data = encode(material);
  return version === undefined ? store.create(data) : store.update(data, version);
}

function materialOf(stored: Record<string, unknown>, names: readonly string[]): Material {
  const authorities = list(stored['authorities']).map(authorityOf);
  if (authorities.length === 0) throw new TypeError('no authority');
  const leaf = leafOf(stored['leaf'], authorities, names);
  const since = Date.parse(text(stored['since']));
  if (Number.isNaN(since)) throw new TypeError('not a time');
  return { epoch: number(stored['epoch']), phase: phaseOf(stored['phase']), since, authorities, ...(leaf && { leaf }) };
}

function authorityOf(stored: unknown): Authority {
  const { certificate, key } = record(stored);
  return describeAuthority({ certificatePem: text(certificate), keyPem: text(key) });
}

/** A leaf that is of no use is none: the authorities beside it are still good, and make another. */
function leafOf(stored: unknown, authorities: readonly Authority[], names: readonly string[]): Leaf | undefined {
  try {
    const { chain, key } = record(stored);
    return describeLeaf({ chainPem: text(chain), keyPem: text(key) }, authorities, names);
  } catch {
    return undefined;
  }
}

function phaseOf(value: unknown): Phase {
  if (value === 'stable' || value === 'publish') return value;
  throw new TypeError('not a phase');
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not an object');
  return { ...value };
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not a list');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a text');
  return value;
}

function number(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError('not a whole number');
  return Number(value);
}
