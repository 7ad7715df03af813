/** A real Vault in development mode: in memory, unsealed, gone when stopped. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goBinaries } from '../../cluster/binaries.ts';
import { call } from './call.ts';
import { FOREIGN_VAULT, SEARCH_PATH, VAULT_VERSION } from './config.ts';
import { freePort, startDaemon } from './daemon.ts';

export interface VaultOptions {
  /** Address to listen on. */
  readonly host?: string;
  readonly port?: number;
  /** Names and addresses for a certificate: the server then speaks TLS. */
  readonly tlsNames?: readonly string[];
}

export interface VaultServer {
  /** Origin, as stores and users write it. */
  readonly address: string;
  readonly rootToken: string;
  /** Trust for `address`, where it is https. */
  readonly caPem?: string;
  /** One administrative call, e.g. `POST sys/mounts/kv`. @throws Error unless the status is 2xx. */
  readonly api: VaultApi;
  stop(): Promise<void>;
}

export type VaultApi = (method: string, path: string, body?: object) => Promise<VaultAnswer>;

/** What of Vault's answers the tests look at. */
export interface VaultAnswer {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly auth?: { readonly client_token: string };
}

const ROOT_TOKEN = 'root';

/** A `vault` or `bao` of this machine, else our own build, which takes some nine minutes the first time. */
export async function vaultBinary(): Promise<string> {
  const candidates = SEARCH_PATH.flatMap((folder) => [join(folder, 'vault'), join(folder, 'bao')]);
  const installed = candidates.find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  const module = join(import.meta.dirname, '..', 'vault');
  return join(await goBinaries({ name: `vault-${VAULT_VERSION}`, module, packages: ['.'] }), 'vault');
}

export async function startVault(options: VaultOptions = {}): Promise<VaultServer> {
  const { address, token } = FOREIGN_VAULT;
  if (address !== undefined) return serverAt(address, token ?? '', undefined, async () => undefined);
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? (await freePort(host));
  const home = await mkdtemp(join(tmpdir(), 'vault-'));
  const origin = `${options.tlsNames === undefined ? 'http' : 'https'}://${host}:${port}`;
  const trust = async () => (options.tlsNames === undefined ? undefined : readFile(join(home, 'vault-ca.pem'), 'utf8'));
  const daemon = await startDaemon([await vaultBinary(), 'server', ...flagsOf(host, port, home, options.tlsNames)], {
    env: { HOME: home },
    cwd: home,
    seconds: 30,
    ready: async () => (await call('GET', `${origin}/v1/sys/health`, { caPem: await trust() })).status === 200,
  });
  return serverAt(origin, ROOT_TOKEN, await trust(), async () => {
    await daemon.stop();
    await rm(home, { recursive: true, force: true });
  });
}

function flagsOf(host: string, port: number, home: string, tlsNames: readonly string[] | undefined): string[] {
  const listen = [
    '-dev',
    '-dev-no-store-token',
    `-dev-root-token-id=${ROOT_TOKEN}`,
    `-dev-listen-address=${host}:${port}`,
  ];
  if (tlsNames === undefined) return listen;
  return [...listen, '-dev-tls', `-dev-tls-cert-dir=${home}`, ...tlsNames.map((name) => `-dev-tls-san=${name}`)];
}

function serverAt(
  address: string,
  rootToken: string,
  caPem: string | undefined,
  stop: () => Promise<void>,
): VaultServer {
  const api: VaultApi = async (method, path, body) => {
    const headers = { 'x-vault-token': rootToken, 'content-type': 'application/json' };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await call(method, `${address}/v1/${path}`, { headers, caPem, ...text });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body || '{}') as VaultAnswer;
  };
  return { address, rootToken, ...(caPem === undefined ? {} : { caPem }), api, stop };
}
