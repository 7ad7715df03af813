/** Tokens of ServiceAccounts: what they say, and who takes them. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** In seconds since the epoch, as is `exp`. */
  readonly iat: number;
  readonly exp: number;
  readonly 'kubernetes.io'?: { readonly pod?: { readonly name: string } };
}

export function claimsOf(token: string): Claims {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
}

/** @returns a kubeconfig of the same cluster whose user shows this token, and nothing else. */
export async function asToken(kubeconfig: string, token: string): Promise<string> {
  const config = JSON.parse(await readFile(kubeconfig, 'utf8')) as { users: { name: string }[] };
  const users = config.users.map(({ name }) => ({ name, user: { token } }));
  const file = join(await mkdtemp(join(tmpdir(), 'secrets-inject-')), 'kubeconfig');
  await writeFile(file, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return file;
}
