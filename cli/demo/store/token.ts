/** ServiceAccount tokens, checked as Vault would: signature, audience, time. */
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';

export interface Verification {
  /** The cluster's public keys, as `/openid/v1/jwks` gives them. */
  readonly keys: readonly (JsonWebKey & { readonly kid?: string })[];
  readonly audience: string;
}

/** @returns `system:serviceaccount:<namespace>:<name>`, or undefined for what nobody should trust */
export function subjectOf(jwt: string, { keys, audience }: Verification): string | undefined {
  const [head = '', payload = '', signature = ''] = jwt.trim().split('.');
  const key = keys.find(({ kid }) => kid === decode(head).kid);
  if (key === undefined || decode(head).alg !== 'RS256') return undefined;
  const signed = Buffer.from(`${head}.${payload}`);
  const publicKey = createPublicKey({ key, format: 'jwk' });
  if (!verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))) return undefined;
  const { aud, exp, sub } = decode(payload);
  const isForUs = Array.isArray(aud) ? aud.includes(audience) : aud === audience;
  return isForUs && Number(exp) > Date.now() / 1000 && typeof sub === 'string' ? sub : undefined;
}

function decode(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
