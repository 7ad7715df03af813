import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Every file that a room may have, and the most bytes that all files of that name may have together. */
const FILES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  webhook: { 'main.cjs': 5_000_000, 'chunk.cjs': 500_000, 'sbom.cdx.json': 100_000 },
  agent: {
    'main.cjs': 60_000,
    'chunk.cjs': 300_000,
    'file.cjs': 20_000,
    'vault.cjs': 40_000,
    'aws-secrets-manager.cjs': 800_000,
    'bowser.cjs': 60_000,
    'event-streams.cjs': 60_000,
    'health.cjs': 20_000,
    'sbom.cdx.json': 40_000,
  },
};

interface Sbom {
  readonly components: readonly { readonly name: string; readonly version: string; readonly hashes?: unknown }[];
}

beforeAll(() => {
  execFileSync(process.execPath, ['build.ts'], { cwd: ROOT });
});

describe.each(['webhook', 'agent'])('the bundle of the %s', (room) => {
  it('has exactly the files that it should have, none larger than it may be', () => {
    const sizes = sizesByName(join(ROOT, 'dist', room));
    const limits = FILES[room] ?? {};
    expect(Object.keys(sizes).filter((name) => !(name in limits))).toEqual([]);
    expect(Object.entries(sizes).filter(([name, size]) => size > (limits[name] ?? 0))).toEqual([]);
  });

  it('comes with a list of what is in it, without anything that only developers need', () => {
    const { components } = sbom(room);
    const manifest = readJson('package.json') as { devDependencies: object };
    const names = components.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name in manifest.devDependencies)).toEqual([]);
    expect(components.filter(({ version, hashes }) => version === '' || hashes === undefined)).toEqual([]);
  });

  it('needs nothing but Node and its own folder', () => {
    const { status, stdout, stderr } = runBundle(join('dist', room, 'main.cjs'), ['no-such-verb']);
    expect(status).toBe(64);
    expect(stdout + stderr).toContain('usage');
  });
});

describe('the bundle of the agent', () => {
  it('leaves out the client of the Kubernetes API, the web framework and the logger', () => {
    const names = sbom('agent').components.map(({ name }) => name);
    expect(names.filter((name) => !/^(@aws-sdk|@aws-crypto|@aws|@smithy)\/|^(tslib|bowser)$/.test(name))).toEqual([]);
  });

  it('holds no code that looks for credentials in profiles, programs or metadata of containers', () => {
    const code = bundleText('dist/agent');
    expect(code).toContain('GetSecretValue');
    expect(code.match(/credential_process|AWS_CONTAINER_CREDENTIALS\w+/g)).toBeNull();
  });

  it('reads the code of a store only when a Pod uses that store', () => {
    const main = readFileSync(join(ROOT, 'dist/agent/main.cjs'), 'utf8');
    expect(main).toMatch(/require\("\.\/vault-\w{8}\.cjs"\)/);
    expect(main).not.toContain('X-Vault-Token');
  });
});

describe('the command line', () => {
  it('is one executable script that plain Node runs', () => {
    const file = join(ROOT, 'dist/cli/main.cjs');
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(file).mode & 0o111).toBe(0o111);
    expect(runBundle('dist/cli/main.cjs', ['no-such-verb']).stderr).toContain('usage');
  });
});

function bundleText(folder: string): string {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.cjs'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))
    .join('\n');
}

/** File name without esbuild's hash → bytes, over all files of that name. */
function sizesByName(folder: string): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const file of readdirSync(folder)) {
    const name = file.replace(/-[A-Z0-9]{8}\.cjs$/, '.cjs');
    sizes[name] = (sizes[name] ?? 0) + statSync(join(folder, file)).size;
  }
  return sizes;
}

function sbom(room: string): Sbom {
  return readJson(`dist/${room}/sbom.cdx.json`) as Sbom;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}

function runBundle(file: string, args: readonly string[]) {
  return spawnSync(process.execPath, [join(ROOT, file), ...args], { cwd: '/', encoding: 'utf8', env: {} });
}
