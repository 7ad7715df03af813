/** Paths and answers of the KV secrets engine, versions 1 and 2. Pure. */
import { member } from '../shared/exact-json.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { StoreError, type SecretRequest, type SecretValue } from '../store.ts';
import { encodePath, jsonOf } from './client.ts';
import type { Mount } from './memory.ts';

/** The API path of a secret, and where the mount is not known the other one that it may have. @throws StoreError */
export function pathsOf(request: SecretRequest, mount: Mount | undefined): readonly [path: string, other?: string] {
  const { name } = request;
  const query = queryOf(request);
  if (mount?.kv === 1) {
    if (query !== '') throw new StoreError('configuration', `${mount.path} is KV version 1, which keeps no versions`);
    return [encodePath(name)];
  }
  const prefix = mount?.path ?? name.slice(0, name.indexOf('/') + 1);
  const rest = name.slice(prefix.length).replace(/^data\//, '');
  const path = encodePath(`${prefix}data/${rest}`);
  return mount === undefined && query === '' && path !== encodePath(name) ? [path, encodePath(name)] : [path + query];
}

function queryOf({ params }: SecretRequest): string {
  const { version } = params;
  if (version === undefined) return '';
  if (!/^[1-9]\d{0,9}$/.test(version))
    throw new StoreError('configuration', `a version of a Vault secret is a whole number from 1, not "${version}"`);
  return `?version=${version}`;
}

/** From an answer with status 200. @throws StoreError */
export function valueOf(answer: HttpAnswer, mount: Mount | undefined): SecretValue {
  const data = member(jsonOf(answer), 'data');
  const metadata = member(data, 'metadata');
  if (mount?.kv === 1 || (mount === undefined && metadata === undefined)) return { bytes: bytesOf(data) };
  const version = member(metadata, 'version');
  return {
    bytes: bytesOf(member(data, 'data')),
    ...(version === undefined ? {} : { version: JSON.stringify(version) }),
  };
}

/** Whether a 404 of KV version 2 means that the secret is known and this version of it gone. */
export function isDeletedVersion(answer: HttpAnswer): boolean {
  try {
    return member(member(jsonOf(answer), 'data'), 'metadata') !== undefined;
  } catch {
    return false;
  }
}

function bytesOf(data: unknown): Uint8Array {
  if (data === undefined || data === null) throw new StoreError('missing', 'no such secret: Vault keeps no data there');
  return Buffer.from(JSON.stringify(data));
}
