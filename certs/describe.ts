import { X509Certificate } from 'node:crypto';
import type { KeyPair } from './authority.ts';
import type { Authority, Leaf, Span } from './material.ts';
import { fingerprintOf, keyProblem, mayHaveIssued, nameProblem, readBundle } from './verify.ts';

/** From PEM to the plain data that decisions are made on. Throws an `Error` that says what is wrong, and no key. */

export function describeAuthority(pair: KeyPair): Authority {
  const certificate = new X509Certificate(pair.certificatePem);
  if (!certificate.ca) throw new Error('a stored authority is no authority');
  const problem = keyProblem(certificate, pair.keyPem);
  if (problem !== undefined) throw new Error(`of a stored authority, ${problem}`);
  return { ...pair, ...spanOf(certificate), id: fingerprintOf(certificate) };
}

/** Says who of the authorities signed the leaf; throws where none did, or where it is not for these names. */
export function describeLeaf(
  pair: { chainPem: string; keyPem: string },
  authorities: readonly Authority[],
  names: readonly string[],
): Leaf {
  const [leaf] = readBundle(pair.chainPem).certificates;
  if (leaf === undefined) throw new Error('the stored certificate does not parse');
  const problem = keyProblem(leaf, pair.keyPem) ?? nameProblem(leaf, names);
  if (problem !== undefined) throw new Error(`of the stored pair, ${problem}`);
  const issuer = authorities.find(({ certificatePem }) => mayHaveIssued(new X509Certificate(certificatePem), leaf));
  if (issuer === undefined) throw new Error('no stored authority signed the stored certificate');
  return { ...pair, ...spanOf(leaf), id: fingerprintOf(leaf), issuer: issuer.id };
}

function spanOf(certificate: X509Certificate): Span {
  return { notBefore: certificate.validFromDate.getTime(), notAfter: certificate.validToDate.getTime() };
}
