import type { X509Certificate } from 'node:crypto';
import type { ServingCertificate } from './source.ts';
import { fingerprintOf, pairProblem, readBundle } from './verify.ts';
import type { Judged } from './verify.ts';

/** Holds the pair that answers new handshakes. Nothing passes but what would be accepted; else the last good one stays. */
export interface Serving {
  /** Takes the pair, or says in words why not. The same pair again is taken without a call. */
  offer(pair: Judged, bundle: readonly X509Certificate[], now: number): string | undefined;
  current(): ServingCertificate | undefined;
}

export function createServing(
  names: readonly string[],
  onCertificate: (certificate: ServingCertificate) => void,
): Serving {
  let current: ServingCertificate | undefined;
  return {
    current: () => current,
    offer(pair, bundle, now) {
      const problem = pairProblem(pair, names, bundle, now);
      if (problem !== undefined) return problem;
      if (current?.chainPem === pair.chainPem && current.keyPem === pair.keyPem) return undefined;
      const next = describe(pair);
      onCertificate(next);
      current = next;
      return undefined;
    },
  };
}

function describe({ chainPem, keyPem }: Judged): ServingCertificate {
  const [leaf] = readBundle(chainPem).certificates;
  if (leaf === undefined) throw new Error('the certificate does not parse');
  const { validFromDate: notBefore, validToDate: notAfter } = leaf;
  return { chainPem, keyPem, notBefore, notAfter, fingerprint: fingerprintOf(leaf) };
}
