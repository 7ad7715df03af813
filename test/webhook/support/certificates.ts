import { X509Certificate } from 'node:crypto';
import { issueAuthority, issueLeaf } from '../../../certs/authority.ts';
import type { CertificateSource, ServingCertificate } from '../../../certs/source.ts';

export interface TestCertificate extends ServingCertificate {
  /** What a client must trust. */
  readonly caPem: string;
}

/** For `localhost`, by an authority of its own. */
export async function newCertificate(lifetimeMs = 3_600_000): Promise<TestCertificate> {
  const lifetime = { notBefore: Date.now() - 60_000, notAfter: Date.now() + lifetimeMs };
  const authority = await issueAuthority({ ...lifetime, notAfter: Date.now() + 3_600_000 });
  const leaf = await issueLeaf(authority, ['localhost'], lifetime);
  const { fingerprint256 } = new X509Certificate(leaf.certificatePem);
  return {
    chainPem: leaf.certificatePem,
    keyPem: leaf.keyPem,
    caPem: authority.certificatePem,
    notBefore: new Date(lifetime.notBefore),
    notAfter: new Date(lifetime.notAfter),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** A source that hands over what it is given, when it is given. */
export function handedCertificates() {
  let served: ServingCertificate | undefined;
  let onCertificate: ((certificate: ServingCertificate) => void) | undefined;
  const first = Promise.withResolvers<void>();
  const source: CertificateSource = {
    start(callback) {
      onCertificate = callback;
      return first.promise;
    },
    async stop() {
      first.reject(new Error('stopped'));
    },
    status: () => ({ bundlesRestored: 0, ...(served && { leafNotAfter: served.notAfter }) }),
  };
  const hand = (certificate: ServingCertificate) => {
    served = certificate;
    onCertificate?.(certificate);
    first.resolve();
  };
  return { source, hand };
}
