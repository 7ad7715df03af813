/** What the Vault store remembers between two passes. A file's content: each member is checked, a wrong one forgotten. */
import { member } from '../shared/exact-json.ts';
import type { Remembered } from '../store.ts';

export interface LoginToken {
  readonly token: string;
  readonly renewable: boolean;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Absent where it never expires. */
  readonly expiresAt?: number;
}

export interface Mount {
  /** With its trailing slash, e.g. `team/kv/`. */
  readonly path: string;
  readonly kv: 1 | 2;
}

export interface VaultMemory {
  readonly login?: LoginToken;
  readonly mounts: readonly Mount[];
}

export function recall(remembered: Remembered | undefined): VaultMemory {
  const login = recallLogin(member(remembered, 'login'));
  const mounts = member(remembered, 'mounts');
  return {
    ...(login ? { login } : {}),
    mounts: Array.isArray(mounts) ? mounts.flatMap((mount: unknown) => recallMount(mount) ?? []) : [],
  };
}

function recallLogin(value: unknown): LoginToken | undefined {
  const token = member(value, 'token');
  const renewable = member(value, 'renewable');
  const issuedAt = member(value, 'issuedAt');
  const expiresAt = member(value, 'expiresAt');
  if (typeof token !== 'string' || typeof renewable !== 'boolean' || typeof issuedAt !== 'number') return undefined;
  return { token, renewable, issuedAt, ...(typeof expiresAt === 'number' ? { expiresAt } : {}) };
}

function recallMount(value: unknown): Mount | undefined {
  const path = member(value, 'path');
  const kv = member(value, 'kv');
  return typeof path === 'string' && (kv === 1 || kv === 2) ? { path, kv } : undefined;
}
