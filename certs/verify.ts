import { createPrivateKey, X509Certificate } from 'node:crypto';

/** Reads and judges certificates: nothing here issues, writes or serves. */

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

export interface Bundle {
  certificates: X509Certificate[];
  /** Whether the text held anything that is no certificate: an API server refuses the whole of such a bundle. */
  broken: boolean;
}

/** Every certificate of a PEM text, and whether there was more. */
export function readBundle(pem: string): Bundle {
  const blocks = pem.match(BLOCK) ?? [];
  const certificates = blocks.map(tryCertificate).filter((found) => found !== undefined);
  const rest = pem.replaceAll(BLOCK, '').trim();
  return { certificates, broken: rest !== '' || certificates.length < blocks.length };
}

function tryCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** SHA-256 of the whole certificate, lower-case hexadecimal. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

export function toPem(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => certificate.toString()).join('');
}

export interface Judged {
  /** Leaf first. */
  chainPem: string;
  keyPem: string;
}

/** Why a pair may not be served at that time (milliseconds) under that bundle, in words for an operator; `undefined` if it may. */
export function pairProblem(
  pair: Judged,
  names: readonly string[],
  bundle: readonly X509Certificate[],
  at: number,
): string | undefined {
  const { certificates, broken } = readBundle(pair.chainPem);
  const [leaf, ...chain] = certificates;
  if (leaf === undefined || broken) return 'the certificate does not parse';
  return (
    keyProblem(leaf, pair.keyPem) ??
    nameProblem(leaf, names) ??
    timeProblem(leaf, at) ??
    usageProblem(leaf) ??
    (verifies(leaf, chain, bundle, at) ? undefined : 'no valid authority of the bundle vouches for the certificate')
  );
}

export function keyProblem(leaf: X509Certificate, keyPem: string): string | undefined {
  try {
    return leaf.checkPrivateKey(createPrivateKey(keyPem)) ? undefined : 'the key does not fit the certificate';
  } catch {
    return 'the key does not parse';
  }
}

export function nameProblem(leaf: X509Certificate, names: readonly string[]): string | undefined {
  const missing = names.filter((name) => leaf.checkHost(name, { subject: 'never' }) === undefined);
  return missing.length === 0 ? undefined : `the certificate is not for ${missing.join(', ')}`;
}

function timeProblem(leaf: X509Certificate, at: number): string | undefined {
  if (at < leaf.validFromDate.getTime())
    return `the certificate is valid only from ${leaf.validFromDate.toISOString()}`;
  if (at > leaf.validToDate.getTime()) return `the certificate ended at ${leaf.validToDate.toISOString()}`;
  return undefined;
}

function usageProblem(leaf: X509Certificate): string | undefined {
  // Node's name for the extended usages; absent means any.
  const usages = leaf.keyUsage as readonly string[] | undefined;
  const fits = usages === undefined || usages.length === 0 || usages.includes(SERVER_AUTH);
  return fits ? undefined : 'the certificate is not meant for servers';
}

/** Whether a path leads from the certificate through the chain to a certificate of the bundle, all of it valid at that time. */
function verifies(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  bundle: readonly X509Certificate[],
  at: number,
): boolean {
  if (timeProblem(certificate, at) !== undefined) return false;
  const fits = (issuer: X509Certificate) => mayHaveIssued(issuer, certificate) && timeProblem(issuer, at) === undefined;
  if (bundle.some((anchor) => fits(anchor) || anchor.raw.equals(certificate.raw))) return true;
  return chain.filter(fits).some((issuer) => verifies(issuer, without(chain, issuer), bundle, at));
}

/** By name, key identifier and signature. */
export function mayHaveIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function without(chain: readonly X509Certificate[], one: X509Certificate): X509Certificate[] {
  return chain.filter((other) => other !== one);
}
