/** The real helm: the one on the path, else built once from its own Go module and kept outside the checkout. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const MODULE = join(import.meta.dirname, 'helm');

/** @throws Error where there is neither helm nor Go, or where a kept binary is not the one that was built. */
export function helm(...args: readonly string[]): string {
  return execFileSync(findHelm(), args, { encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] });
}

function findHelm(): string {
  return runs('helm', 'version') ? 'helm' : builtHelm(moduleVersion());
}

function builtHelm(version: string): string {
  const folder = join(homedir(), '.cache', 'secrets-inject', `helm-${version}`);
  const binary = join(folder, 'helm');
  const checksum = `${binary}.sha256`;
  if (!existsSync(checksum)) {
    mkdirSync(folder, { recursive: true });
    build(version, `${binary}.new`);
    renameSync(`${binary}.new`, binary);
    writeFileSync(checksum, sha256(binary));
  }
  if (readFileSync(checksum, 'utf8') !== sha256(binary))
    throw new Error(`${binary} is not what was built here: remove ${folder} and try again`);
  return binary;
}

function build(version: string, output: string): void {
  if (!runs('go', 'version')) throw new Error('neither helm nor go is on the path: install one of them');
  const flags = `-s -w -X helm.sh/helm/v3/internal/version.version=v${version}`;
  const args = ['build', '-trimpath', '-ldflags', flags, '-o', output, 'helm.sh/helm/v3/cmd/helm'];
  execFileSync('go', args, { cwd: MODULE, stdio: ['ignore', 'inherit', 'inherit'] });
}

function moduleVersion(): string {
  const [, version] = /helm\.sh\/helm\/v3 v(\S+)/.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8')) ?? [];
  if (version === undefined) throw new Error('deploy/helm/go.mod does not name helm.sh/helm/v3');
  return version;
}

function runs(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
