/** An issuer of ServiceAccount-like tokens with a key of its own. */
import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';

export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number;
}

export interface TokenIssuer {
  readonly publicKeyPem: string;
  /** A token for an hour, with what is given instead of the usual claims. */
  issue(claims?: Partial<Claims>): string;
}

export function createIssuer(): TokenIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const usual = { iss: 'https://issuer.test', sub: 'system:serviceaccount:shop:web', aud: 'store' };
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    issue(claims = {}) {
      const now = Math.floor(Date.now() / 1000);
      const body = { ...usual, iat: now, nbf: now - 5, exp: now + 3600, ...claims };
      const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(body)}`;
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    },
  };
}

/** @returns the claims, or undefined where the token is not by this key or has expired. */
export function verifyToken(token: string, keys: readonly (string | KeyObject)[]): Claims | undefined {
  const [head = '', body = '', signature = ''] = token.split('.');
  const signed = Buffer.from(`${head}.${body}`);
  const proof = Buffer.from(signature, 'base64url');
  const publicKeys = keys.map((key) => (typeof key === 'string' ? createPublicKey(key) : key));
  if (!publicKeys.some((key) => verify('sha256', signed, key, proof))) return undefined;
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Claims;
  return claims.exp * 1000 > Date.now() ? claims : undefined;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
