/** The login token through the passes: taken up from the last one, renewed late in its life, replaced when it ends. */
import type { VaultAuth } from '../../../contract/agent-config.ts';
import { shared } from '../shared/shared.ts';
import type { VaultClient } from './client.ts';
import { login, renew, revoke } from './login.ts';
import type { LoginToken } from './memory.ts';

export interface Session {
  /** @throws StoreError */
  token(signal: AbortSignal): Promise<string>;
  /**
   * Vault said no to this token. Where it comes from an earlier pass it may have been revoked, or its role changed.
   * @returns a new one, or undefined where the answer would be the same again. @throws StoreError
   */
  replace(refused: string, signal: AbortSignal): Promise<string | undefined>;
  current(): LoginToken | undefined;
}

/** A token is renewed, or replaced, once less than this part of its life is left. */
const LAST_PART = 1 / 3;

export function createSession(
  client: VaultClient,
  auth: VaultAuth,
  now: () => number,
  remembered: LoginToken | undefined,
): Session {
  let held = auth.method === 'token' ? undefined : remembered;
  let fresh = false;
  const logIn = shared(async (signal: AbortSignal) => {
    held = await login(client, auth, now, signal);
    fresh = true;
    return held.token;
  });
  const renewOrLogIn = shared(async (signal: AbortSignal) => {
    const renewed = held !== undefined && canRenew(held, now()) ? await renew(client, held, now, signal) : undefined;
    if (renewed === undefined || isDue(renewed, now())) return logIn(signal);
    held = renewed;
    return renewed.token;
  });
  return {
    token: async (signal) => (held !== undefined && !isDue(held, now()) ? held.token : renewOrLogIn(signal)),
    async replace(refused, signal) {
      if (held !== undefined && held.token !== refused) return held.token;
      if (fresh) return undefined;
      const token = await logIn(signal);
      await revoke(client, refused, signal);
      return token;
    },
    current: () => (auth.method === 'token' ? undefined : held),
  };
}

function isDue({ issuedAt, expiresAt }: LoginToken, now: number): boolean {
  return expiresAt !== undefined && expiresAt - now <= (expiresAt - issuedAt) * LAST_PART;
}

function canRenew({ renewable, expiresAt }: LoginToken, now: number): boolean {
  return renewable && expiresAt !== undefined && expiresAt > now;
}
