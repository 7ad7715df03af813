/** Which secrets engine a path belongs to: found out by asking Vault, once per mount, and remembered. */
import { member } from '../shared/exact-json.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { StoreError } from '../store.ts';
import { encodePath, jsonOf } from './client.ts';
import { readFailure } from './failure.ts';
import type { Mount } from './memory.ts';

/** A GET as the Pod. */
export type Get = (path: string) => Promise<HttpAnswer>;

export class MountTable {
  readonly #mounts: Map<string, Mount>;
  readonly #fresh = new Set<string>();
  /** By first segment: those who ask about one mount at the same time wait for the first of them. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #now: () => number;

  constructor(remembered: readonly Mount[], now: () => number) {
    this.#mounts = new Map(remembered.map((mount) => [mount.path, mount]));
    this.#now = now;
  }

  /** The mount of a secret. @returns undefined where Vault does not tell. @throws StoreError */
  find(name: string, get: Get): Promise<Mount | undefined> {
    const [first = ''] = name.split('/', 1);
    const turn = this.#settled(first).then(() => this.#known(name) ?? this.ask(name, get));
    this.#turns.set(first, turn);
    return turn;
  }

  /** As `find`, but Vault is asked even where the mount is known. */
  async ask(name: string, get: Get): Promise<Mount | undefined> {
    const answer = await get(`sys/internal/ui/mounts/${encodePath(name)}`);
    if (answer.status === 403 || answer.status === 404) return undefined;
    if (answer.status !== 200) throw readFailure(answer, this.#now());
    const mount = mountOf(answer);
    this.#mounts.set(mount.path, mount);
    this.#fresh.add(mount.path);
    return mount;
  }

  /** Whether Vault said so in this pass, rather than in an earlier one. */
  isFresh(mount: Mount): boolean {
    return this.#fresh.has(mount.path);
  }

  all(): Mount[] {
    return [...this.#mounts.values()];
  }

  #known(name: string): Mount | undefined {
    const [longest] = this.all()
      .filter(({ path }) => `${name}/`.startsWith(path))
      .toSorted((a, b) => b.path.length - a.path.length);
    return longest;
  }

  async #settled(first: string): Promise<void> {
    await this.#turns.get(first)?.catch(() => undefined);
  }
}

function mountOf(answer: HttpAnswer): Mount {
  const data = member(jsonOf(answer), 'data');
  const path = member(data, 'path');
  const type = member(data, 'type');
  if (typeof path !== 'string' || typeof type !== 'string')
    throw new StoreError('malformed', 'the answer does not describe a secrets engine: is this Vault?');
  if (type !== 'kv' && type !== 'generic' && type !== 'cubbyhole')
    throw new StoreError('configuration', `${path} is a secrets engine of type ${type}, not KV: not available yet`);
  return { path, kv: member(member(data, 'options'), 'version') === '2' ? 2 : 1 };
}
