/** What a cluster does for a Pod's identity: a key pair, and tokens of ServiceAccounts signed with it. */
import { createSign, generateKeyPairSync, type JsonWebKey } from 'node:crypto';

export interface ClusterIdentity {
  readonly keys: readonly (JsonWebKey & { readonly kid: string })[];
  /** As the kubelet projects it into a Pod. */
  token(namespace: string, serviceAccount: string, audience: string): string;
}

const LIFE_SECONDS = 3600;

export function createClusterIdentity(): ClusterIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = 'demo';
  return {
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid }],
    token(namespace, serviceAccount, audience) {
      const now = Math.floor(Date.now() / 1000);
      const subject = `system:serviceaccount:${namespace}:${serviceAccount}`;
      const claims = { iss: 'https://demo', sub: subject, aud: [audience], iat: now, exp: now + LIFE_SECONDS };
      const signed = [{ alg: 'RS256', kid }, claims].map(encode).join('.');
      return `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`;
    },
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
