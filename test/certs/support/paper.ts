import type { Authority, Leaf, Material } from '../../../certs/material.ts';
import type { Change } from '../../../certs/rotation.ts';
import type { Times } from '../../../certs/times.ts';

/** Certificates on paper: names and dates alone, for decisions that need no cryptography. */

export function paperAuthority(id: string, now: number, times: Times): Authority {
  const span = { notBefore: now - times.backdate, notAfter: now + times.authorityLife };
  return { id, certificatePem: id, keyPem: '', ...span };
}

export function paperLeaf(id: string, signer: Authority, now: number, times: Times): Leaf {
  const notAfter = Math.min(now + times.leafLife, signer.notAfter);
  return { id, chainPem: id, keyPem: '', issuer: signer.id, notBefore: now - times.backdate, notAfter };
}

let serial = 0;
const next = (kind: string) => `${kind}${(serial += 1)}`;

/** What the real issuing does, on paper. */
export function paperIssue(change: Change, base: Material | undefined, now: number, times: Times): Material {
  const authorities = (base?.authorities ?? []).filter(({ notAfter }) => now < notAfter);
  const kept: Material = { ...(base ?? { epoch: 0, phase: 'stable', since: now }), authorities };
  if (change.kind === 'restore') return kept;
  const raised = { ...kept, epoch: kept.epoch + 1 };
  if (change.kind === 'add-authority') {
    return {
      ...raised,
      phase: 'publish',
      since: now,
      authorities: [...authorities, paperAuthority(next('ca'), now, times)],
    };
  }
  if (change.kind === 'begin') {
    const all = [...authorities, paperAuthority(next('ca'), now, times)];
    return signed({ ...raised, authorities: all, phase: 'stable', since: now }, all.at(-1)?.id, now, times);
  }
  const phase = change.kind === 'switch' ? 'stable' : raised.phase;
  return signed({ ...raised, phase }, change.signer, now, times);
}

function signed(material: Material, by: string | undefined, now: number, times: Times): Material {
  const signer = material.authorities.find(({ id }) => id === by);
  if (signer === undefined) throw new Error('nobody signs');
  return { ...material, leaf: paperLeaf(next('leaf'), signer, now, times) };
}
