import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What OpenSSL, which shares no code with the certificates' maker, says of them. */

/** `openssl verify` at a time (milliseconds), as a TLS client of `name` would: its verdict, `OK` if it accepts. */
export function opensslVerify(chainPem: string, bundlePem: string, name: string, at: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-inject-'));
  writeFileSync(join(directory, 'bundle.pem'), bundlePem);
  writeFileSync(join(directory, 'chain.pem'), chainPem);
  const purpose = ['-purpose', 'sslserver', '-x509_strict', '-verify_hostname', name];
  const time = ['-attime', String(Math.floor(at / 1000))];
  const files = ['-CAfile', 'bundle.pem', '-untrusted', 'chain.pem', 'chain.pem'];
  const words = ['verify', '-no-CApath', '-no-CAstore', ...purpose, ...time, ...files];
  const { status, stdout, stderr } = spawnSync('openssl', words, { cwd: directory, encoding: 'utf8' });
  return status === 0 ? 'OK' : `${stdout}${stderr}`;
}

/** `openssl x509 -text` of the first certificate. */
export function opensslText(pem: string): string {
  return execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem, encoding: 'utf8' });
}
