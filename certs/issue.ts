import { crossSign, issueAuthority, issueLeaf } from './authority.ts';
import { describeAuthority, describeLeaf } from './describe.ts';
import type { Authority, Leaf, Material } from './material.ts';
import type { Change } from './rotation.ts';
import type { Times } from './times.ts';

/** Makes what a change asks for: the only place where keys are born. */

export interface Issuing {
  names: readonly string[];
  times: Times;
  now: number;
}

/** The material after the change. Authorities that have ended are left out. */
export async function issue(change: Change, base: Material | undefined, on: Issuing): Promise<Material> {
  const kept = { ...(base ?? NOTHING), authorities: unexpired(base?.authorities ?? [], on.now) };
  const next = { ...kept, epoch: kept.epoch + 1 };
  switch (change.kind) {
    case 'restore':
      return kept;
    case 'renew-leaf':
      return { ...next, leaf: await newLeaf(next.authorities, change.signer, on) };
    case 'add-authority':
      return { ...next, authorities: await withNew(next.authorities, on), phase: 'publish', since: on.now };
    case 'switch':
      return { ...next, ...STABLE(on.now), leaf: await newLeaf(next.authorities, change.signer, on) };
    case 'begin':
      return begin(next, on);
    default:
      return change satisfies never;
  }
}

const NOTHING: Material = { epoch: 0, phase: 'stable', since: 0, authorities: [] };
const STABLE = (now: number) => ({ phase: 'stable', since: now }) as const;

async function begin(next: Material, on: Issuing): Promise<Material> {
  const authorities = await withNew(next.authorities, on);
  const leaf = await newLeaf(authorities, authorities.at(-1)?.id ?? '', on);
  return { ...next, ...STABLE(on.now), authorities, leaf };
}

function unexpired(authorities: readonly Authority[], now: number): readonly Authority[] {
  return authorities.filter(({ notAfter }) => now < notAfter);
}

async function withNew(authorities: readonly Authority[], { now, times }: Issuing): Promise<Authority[]> {
  const lifetime = { notBefore: now - times.backdate, notAfter: now + times.authorityLife };
  return [...authorities, describeAuthority(await issueAuthority(lifetime))];
}

/** Signed by one authority; those before it vouch for that one, for API servers that do not know it yet. */
async function newLeaf(authorities: readonly Authority[], by: string, on: Issuing): Promise<Leaf> {
  const { names, now, times } = on;
  const at = authorities.findIndex(({ id }) => id === by);
  const signer = authorities[at];
  if (signer === undefined) throw new Error('the authority that should sign has ended');
  const lifetime = { notBefore: now - times.backdate, notAfter: now + times.leafLife };
  const leaf = await issueLeaf(signer, names, lifetime);
  const untilItsEnd = { notBefore: lifetime.notBefore, notAfter: signer.notAfter };
  const crossed = authorities.slice(0, at).map((older) => crossSign(older, signer, untilItsEnd));
  const pair = { chainPem: [leaf.certificatePem, ...crossed].join(''), keyPem: leaf.keyPem };
  return describeLeaf(pair, authorities, names);
}
