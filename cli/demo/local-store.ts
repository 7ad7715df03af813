/** The development store on a free loopback port, with one made-up secret. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ClusterIdentity } from './cluster-identity.ts';
import { NAMESPACE, ROLE, SECRET, SERVICE_ACCOUNT } from './pod.ts';
import { createDevelopmentStore, type SecretData } from './store/server.ts';

export const AUDIENCE = 'vault';

export interface LocalStore {
  readonly address: string;
  /** What it holds now. */
  readonly data: () => SecretData;
  /** Over its own API, as an administrator would. */
  write(data: SecretData): Promise<void>;
  /** As a crash does: open connections are cut. */
  kill(): Promise<void>;
}

export async function startLocalStore(identity: ClusterIdentity): Promise<LocalStore> {
  const rootToken = randomBytes(16).toString('hex');
  const subject = `system:serviceaccount:${NAMESPACE}:${SERVICE_ACCOUNT}`;
  let data: SecretData = { username: 'shop', password: newPassword() };
  const server = createDevelopmentStore({
    keys: identity.keys,
    audience: AUDIENCE,
    roles: { [ROLE]: subject },
    rootToken,
    secrets: { [SECRET]: data },
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    data: () => data,
    async write(next) {
      const path = `${address}/v1/${SECRET.replace('/', '/data/')}`;
      const body = JSON.stringify({ data: next });
      const answer = await fetch(path, { method: 'POST', headers: { 'x-vault-token': rootToken }, body });
      if (!answer.ok) throw new Error(`the development store answered ${answer.status}`);
      data = next;
    },
    async kill() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export function newPassword(): string {
  return randomBytes(12).toString('base64url');
}
