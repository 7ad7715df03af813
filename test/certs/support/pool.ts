import { crossSign, issueAuthority, issueLeaf } from '../../../certs/authority.ts';
import { readBundle } from '../../../certs/verify.ts';

/** Keys take a tenth of a second each: made once, shared by the cases of a file. */

export const NOW = Date.now();
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const lasting = (days: number, from = NOW) => ({ notBefore: from - HOUR, notAfter: from + days * DAY });

export async function makePool() {
  const first = await issueAuthority(lasting(100));
  const second = await issueAuthority(lasting(200));
  const names = ['hook', 'hook.ns', 'hook.ns.svc', 'hook.ns.svc.cluster.local'];
  const leaf = await issueLeaf(first, names, lasting(30));
  const secondLeaf = await issueLeaf(second, names, lasting(30));
  return { first, second, names, leaf, secondLeaf, cross: crossSign(first, second, lasting(200)) };
}

export const bundleOf = (...pems: string[]) => readBundle(pems.join('')).certificates;
