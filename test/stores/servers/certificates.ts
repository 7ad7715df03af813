import { issueAuthority, issueLeaf, type KeyPair } from '../../../certs/authority.ts';

/** A CA of the test's own and a certificate of it for `localhost`. */
export async function localhostCertificate(): Promise<{ readonly caPem: string; readonly server: KeyPair }> {
  const lifetime = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
  const authority = await issueAuthority(lifetime);
  const server = await issueLeaf(authority, ['localhost'], lifetime);
  return { caPem: authority.certificatePem, server };
}
