/** HashiCorp Vault and OpenBao: KV secrets, as the Pod. */
import type { VaultStore } from '../../contract/agent-config.ts';
import type { HttpAnswer } from './shared/http.ts';
import { refuseUnknownParams } from './shared/params.ts';
import { StoreError, type SecretRequest, type SecretValue, type Store, type StoreFactory } from './store.ts';
import { createVaultClient, type VaultClient } from './vault/client.ts';
import { readFailure } from './vault/failure.ts';
import { isDeletedVersion, pathsOf, valueOf } from './vault/kv.ts';
import { recall, type Mount } from './vault/memory.ts';
import { MountTable, type Get } from './vault/mounts.ts';
import { createSession, type Session } from './vault/session.ts';

const createVaultStore: StoreFactory<VaultStore> = (config, { now, remembered }): Store => {
  const memory = recall(remembered);
  const client = createVaultClient(config);
  const session = createSession(client, config.auth, now, memory.login);
  const mounts = new MountTable(memory.mounts, now);
  return {
    async read(request, signal) {
      refuseUnknownParams(request, ['version']);
      refuseOddSegments(request.name);
      const get: Get = (path) => getAsPod(client, session, path, signal);
      return readSecret({ request, mounts, get, now });
    },
    remember() {
      const login = session.current();
      return { ...(login === undefined ? {} : { login }), mounts: mounts.all() };
    },
    close: () => client.close(),
  };
};

export default createVaultStore;

interface Reading {
  readonly request: SecretRequest;
  readonly mounts: MountTable;
  readonly get: Get;
  readonly now: () => number;
}

/** A token of an earlier pass may have ended before its time: then one login, and once more. */
async function getAsPod(client: VaultClient, session: Session, path: string, signal: AbortSignal): Promise<HttpAnswer> {
  const token = await session.token(signal);
  const answer = await client.call({ method: 'GET', path, token }, signal);
  if (answer.status !== 403) return answer;
  const other = await session.replace(token, signal);
  return other === undefined ? answer : client.call({ method: 'GET', path, token: other }, signal);
}

async function readSecret(reading: Reading): Promise<SecretValue> {
  const { request, mounts, get, now } = reading;
  const mount = await mounts.find(request.name, get);
  const answer = await firstAnswer(reading, mount);
  if (answer.status === 200) return valueOf(answer, mount);
  const moved = await movedMount(reading, mount, answer);
  if (moved === undefined) throw explain(answer, now());
  const again = await firstAnswer(reading, moved);
  if (again.status !== 200) throw explain(again, now());
  return valueOf(again, moved);
}

/** Where the mount is only guessed: a denial of either path outweighs that the other one does not exist. */
async function firstAnswer({ request, get }: Reading, mount: Mount | undefined): Promise<HttpAnswer> {
  const [path, other] = pathsOf(request, mount);
  const answer = await get(path);
  if (other === undefined || !isRefusal(answer)) return answer;
  const second = await get(other);
  return answer.status === 403 && isRefusal(second) ? answer : second;
}

/** What an earlier pass found out about the mount may no longer be so. */
async function movedMount(
  { request, mounts, get }: Reading,
  mount: Mount | undefined,
  answer: HttpAnswer,
): Promise<Mount | undefined> {
  if (mount === undefined || mounts.isFresh(mount) || !isRefusal(answer)) return undefined;
  const found = await mounts.ask(request.name, get);
  return found?.path === mount.path && found.kv === mount.kv ? undefined : found;
}

function isRefusal({ status }: HttpAnswer): boolean {
  return status === 403 || status === 404;
}

function explain(answer: HttpAnswer, now: number): StoreError {
  if (answer.status === 404 && isDeletedVersion(answer))
    return new StoreError('missing', 'this version of the secret is deleted or destroyed (404)');
  return readFailure(answer, now);
}

/** Vault would resolve them, and the policy that looked at the name would have looked at another. */
function refuseOddSegments(name: string): void {
  if (name.split('/').some((segment) => segment === '' || segment === '.' || segment === '..'))
    throw new StoreError('configuration', 'a path has no empty segment, no "." and no ".."');
}
