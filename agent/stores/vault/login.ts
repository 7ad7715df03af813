/** How a login token comes to be: as the Pod, by one auth method, with credentials read at that moment. */
import type { VaultAuth } from '../../../contract/agent-config.ts';
import { readCredential, readOptionalCredential, readToken } from '../shared/credentials.ts';
import { member, numberOf } from '../shared/exact-json.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { StoreError } from '../store.ts';
import { encodePath, jsonOf, type VaultClient } from './client.ts';
import { loginFailure } from './failure.ts';
import type { LoginToken } from './memory.ts';

type LoginAuth = Exclude<VaultAuth, { method: 'token' }>;

/** @throws StoreError */
export async function login(
  client: VaultClient,
  auth: VaultAuth,
  now: () => number,
  signal: AbortSignal,
): Promise<LoginToken> {
  const issuedAt = now();
  if (auth.method === 'token')
    return { token: readCredential(auth.credentials, 'VAULT_TOKEN'), renewable: false, issuedAt };
  const path = `auth/${encodePath(auth.path)}/login`;
  const answer = await client.call({ method: 'POST', path, body: proofOf(auth) }, signal);
  if (answer.status !== 200) throw loginFailure(answer, now());
  return tokenOf(answer, issuedAt);
}

/** @returns undefined where the token cannot live on: a new login is due. @throws StoreError where asking failed. */
export async function renew(
  client: VaultClient,
  old: LoginToken,
  now: () => number,
  signal: AbortSignal,
): Promise<LoginToken | undefined> {
  const issuedAt = now();
  const call = { method: 'POST', path: 'auth/token/renew-self', token: old.token, body: {} } as const;
  const answer = await client.call(call, signal);
  if (answer.status === 400 || answer.status === 403) return undefined;
  if (answer.status !== 200) throw loginFailure(answer, now());
  return tokenOf(answer, issuedAt);
}

/** A token that was replaced is not left to its expiry: a secret that stays denied would pile them up. */
export async function revoke(client: VaultClient, token: string, signal: AbortSignal): Promise<void> {
  const call = { method: 'POST', path: 'auth/token/revoke-self', token, body: {} } as const;
  await client.call(call, signal).catch(() => undefined);
}

function proofOf(auth: LoginAuth): Record<string, string> {
  if (auth.method !== 'approle') return { role: auth.role, jwt: readToken(auth.tokenPath) };
  const secretId = readOptionalCredential(auth.credentials, 'VAULT_SECRET_ID');
  const roleId = readCredential(auth.credentials, 'VAULT_ROLE_ID');
  return { role_id: roleId, ...(secretId === undefined ? {} : { secret_id: secretId }) };
}

function tokenOf(answer: HttpAnswer, issuedAt: number): LoginToken {
  const auth = member(jsonOf(answer), 'auth');
  const token = member(auth, 'client_token');
  const seconds = numberOf(member(auth, 'lease_duration'));
  if (typeof token !== 'string') throw new StoreError('malformed', 'the login brought no token: check the auth path');
  const life = seconds > 0 ? { expiresAt: issuedAt + seconds * 1000 } : {};
  return { token, renewable: member(auth, 'renewable') === true, issuedAt, ...life };
}
