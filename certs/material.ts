import type { KeyPair } from './authority.ts';

/** What all replicas share: one Secret holds one of these. Plain data, so that decisions about it need no cryptography. */
export interface Material {
  /** One more with each change. A Secret that shows a lower one was put back to an older version. */
  epoch: number;
  phase: Phase;
  /** When the phase began (milliseconds). */
  since: number;
  /** The oldest first; none is dropped before its own end. */
  authorities: readonly Authority[];
  /** Absent where the stored one is of no use: it does not parse, fit its key, carry our names or come from an authority here. */
  leaf?: Leaf;
}

/** `stable`: the newest authority signs. `publish`: the newest is only published as yet, the one before it signs. */
export type Phase = 'stable' | 'publish';

export interface Authority extends KeyPair, Span {
  /** Fingerprint. */
  id: string;
}

export interface Leaf extends Span {
  id: string;
  /** Leaf first, then cross signatures. */
  chainPem: string;
  keyPem: string;
  /** The id of the authority that signed it. */
  issuer: string;
}

export interface Span {
  notBefore: number;
  notAfter: number;
}

export function isValid({ notBefore, notAfter }: Span, now: number): boolean {
  return notBefore <= now && now < notAfter;
}

/** Who signs leaves now. `undefined` where no authority is valid: a new one has to begin. */
export function signerOf({ phase, authorities, leaf }: Material, now: number): Authority | undefined {
  const valid = authorities.filter((authority) => isValid(authority, now));
  const settled = phase === 'stable' || valid.length < 2 ? valid : valid.slice(0, -1);
  return settled.find(({ id }) => phase === 'publish' && id === leaf?.issuer) ?? settled.at(-1);
}
