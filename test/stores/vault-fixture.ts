import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VaultAuth, VaultStore } from '../../contract/agent-config.ts';
import { until } from '../cluster/run.ts';
import { writeCredentials } from './credentials.ts';
import type { RemoteFixture } from './remote-contract.ts';
import { startRemote } from './remote.ts';
import { freshName } from './reading.ts';
import { call } from './servers/call.ts';
import { startVault, type VaultApi, type VaultServer } from './servers/vault.ts';

export interface VaultFixture extends RemoteFixture {
  readonly config: VaultStore;
  readonly at: (...args: Parameters<RemoteFixture['at']>) => VaultStore;
  readonly server: VaultServer;
  /** For files of the tests. */
  readonly folder: string;
  /** KV mounts of this fixture's own, by version; the policy `reader` may read both. */
  readonly v1: string;
  readonly v2: string;
  /** A new AppRole with its credentials. */
  readonly appRole: (policies: readonly string[], settings?: RoleSettings) => Promise<VaultAuth>;
  /** Writes JSON text as it is. */
  readonly postRaw: (path: string, json: string) => Promise<void>;
  stop(): Promise<void>;
}

/** Of Vault's API. */
interface RoleSettings {
  readonly bind_secret_id?: boolean;
  readonly [setting: string]: unknown;
}

export async function startVaultFixture(): Promise<VaultFixture> {
  const server = await startVault();
  const { api } = server;
  const folder = await mkdtemp(join(tmpdir(), 'vault-fixture-'));
  const remote = await startRemote(server.address);
  const mounts = await mountBoth(api);
  const appRole = await enableAppRole(api, folder);
  const store = (auth: VaultAuth): VaultStore => ({
    backend: 'vault',
    address: server.address,
    allowLoopback: true,
    auth,
  });
  const config = store(await appRole(['reader']));
  return {
    ...remote,
    ...mounts,
    ...secretsIn(api, mounts.v2),
    server,
    folder,
    appRole,
    postRaw: (path, json) => postRaw(server, path, json),
    config,
    stranger: store(await appRole([])),
    absentVersion: '99',
    at: (address, options = {}) => ({ backend: 'vault', address, auth: config.auth, ...options }),
    async stop() {
      await remote.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function postRaw({ address, rootToken }: VaultServer, path: string, body: string): Promise<void> {
  const { status } = await call('POST', `${address}/v1/${path}`, { headers: { 'x-vault-token': rootToken }, body });
  if (status >= 300) throw new Error(`POST ${path}: ${status}`);
}

async function mountBoth(api: VaultApi): Promise<{ v1: string; v2: string }> {
  const [v1, v2] = [freshName(), freshName()];
  await api('POST', `sys/mounts/${v1}`, { type: 'kv', options: { version: '1' } });
  await api('POST', `sys/mounts/${v2}`, { type: 'kv', options: { version: '2' } });
  await api('PUT', 'sys/policies/acl/reader', { policy: `${readRule(`${v1}/*`)}\n${readRule(`${v2}/data/*`)}` });
  await until('KV version 2', 10, () => api('POST', `${v2}/data/probe`, { data: {} }));
  return { v1, v2 };
}

function readRule(path: string): string {
  return `path "${path}" { capabilities = ["read"] }`;
}

async function enableAppRole(api: VaultApi, folder: string): Promise<VaultFixture['appRole']> {
  const path = freshName();
  await api('POST', `sys/auth/${path}`, { type: 'approle' });
  return async (policies, settings = {}) => {
    const name = freshName();
    const role = `auth/${path}/role/${name}`;
    await api('POST', role, { token_policies: policies, token_ttl: '1h', ...settings });
    const roleId = (await api('GET', `${role}/role-id`)).data?.['role_id'];
    const keys = {
      VAULT_ROLE_ID: String(roleId),
      ...(settings.bind_secret_id === false ? {} : await secretId(api, role)),
    };
    return { method: 'approle', path, credentials: await writeCredentials(join(folder, name), keys) };
  };
}

async function secretId(api: VaultApi, role: string): Promise<Record<string, string>> {
  return { VAULT_SECRET_ID: String((await api('POST', `${role}/secret-id`)).data?.['secret_id']) };
}

/** Vault keeps JSON: what is not text goes in as base64. */
function secretsIn(api: VaultApi, mount: string): Pick<VaultFixture, 'write' | 'unwrap' | 'remove'> {
  return {
    async write(name, value) {
      const text = Buffer.from(value).toString('utf8');
      const isText = Buffer.from(text).equals(value);
      await api('POST', `${mount}/data/${name}`, {
        data: isText ? { text } : { base64: Buffer.from(value).toString('base64') },
      });
      return `${mount}/${name}`;
    },
    unwrap(bytes) {
      const { text, base64 = '' } = JSON.parse(Buffer.from(bytes).toString()) as { text?: string; base64?: string };
      return text === undefined ? Buffer.from(base64, 'base64') : Buffer.from(text);
    },
    async remove(name) {
      await api('DELETE', `${mount}/data/${name}`);
    },
  };
}
