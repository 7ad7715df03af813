import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';

/** Issues certificates. The only user of node-forge, which is slow at keys and knows RSA alone: keys come from Node. */

export interface KeyPair {
  certificatePem: string;
  /** PKCS #8. Secret. */
  keyPem: string;
}

export interface Lifetime {
  /** Milliseconds since 1970, as everywhere here. */
  notBefore: number;
  notAfter: number;
}

const ORGANIZATION = 'secrets-inject';

const generate = promisify(generateKeyPair);

/** A root of its own name, serial and key, that signs for itself. */
export async function issueAuthority(lifetime: Lifetime): Promise<KeyPair> {
  const key = await newKey();
  const certificate = blank(lifetime, forge.pki.publicKeyFromPem(key.publicKey));
  const subject = distinguishedName(`secrets-inject CA ${certificate.serialNumber.slice(0, 12)}`);
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions([...authorityExtensions(), keyIdentifierOf(certificate)]);
  return { certificatePem: signed(certificate, key.privateKey), keyPem: key.privateKey };
}

/** A server certificate for `names`, that never outlives its issuer. */
export async function issueLeaf(issuer: KeyPair, names: readonly string[], lifetime: Lifetime): Promise<KeyPair> {
  const signer = forge.pki.certificateFromPem(issuer.certificatePem);
  const key = await newKey();
  const certificate = blank(within(lifetime, signer), forge.pki.publicKeyFromPem(key.publicKey));
  certificate.setSubject(distinguishedName(`secrets-inject webhook ${certificate.serialNumber.slice(0, 12)}`));
  certificate.setIssuer(signer.subject.attributes);
  certificate.setExtensions([...serverExtensions(names), keyIdentifierOf(signer)]);
  return { certificatePem: signed(certificate, issuer.keyPem), keyPem: key.privateKey };
}

/**
 * The key and name of one authority, vouched for by another: sent along in a chain it lets clients that know `issuer`
 * alone accept what `subject` signed.
 */
export function crossSign(issuer: KeyPair, subject: { certificatePem: string }, lifetime: Lifetime): string {
  const signer = forge.pki.certificateFromPem(issuer.certificatePem);
  const root = forge.pki.certificateFromPem(subject.certificatePem);
  const certificate = blank(within(within(lifetime, root), signer), root.publicKey);
  certificate.setSubject(root.subject.attributes);
  certificate.setIssuer(signer.subject.attributes);
  certificate.setExtensions([...authorityExtensions(), keyIdentifierOf(signer)]);
  return signed(certificate, issuer.keyPem);
}

function newKey(): Promise<{ publicKey: string; privateKey: string }> {
  return generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function blank(lifetime: Lifetime, publicKey: forge.pki.Certificate['publicKey']): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = newSerial();
  certificate.validity.notBefore = new Date(lifetime.notBefore);
  certificate.validity.notAfter = new Date(lifetime.notAfter);
  return certificate;
}

/** 16 random bytes; the first between 0x40 and 0x7f, so that it is positive and its encoding is the shortest. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function within(lifetime: Lifetime, issuer: forge.pki.Certificate): Lifetime {
  return { ...lifetime, notAfter: Math.min(lifetime.notAfter, issuer.validity.notAfter.getTime()) };
}

function distinguishedName(commonName: string): forge.pki.CertificateField[] {
  return [
    { name: 'organizationName', value: ORGANIZATION },
    { name: 'commonName', value: commonName },
  ];
}

/** Taken from the issuer's key: node-forge's own `keyIdentifier: true` takes the subject's, which breaks the chain. */
function keyIdentifierOf(issuer: forge.pki.Certificate): object {
  return { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() };
}

function authorityExtensions(): object[] {
  return [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ];
}

function serverExtensions(names: readonly string[]): object[] {
  return [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) },
    { name: 'subjectKeyIdentifier' },
  ];
}

function signed(certificate: forge.pki.Certificate, keyPem: string): string {
  certificate.sign(forge.pki.privateKeyFromPem(keyPem), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}
