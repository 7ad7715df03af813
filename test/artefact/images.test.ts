import { beforeAll, describe, expect, it } from 'vitest';
import { readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { imageConfig, withRootfs } from '../cluster/buildah.ts';
import { programImage, type Program } from '../cluster/images.ts';
import { outcome, type Outcome } from '../cluster/run.ts';

const PROGRAMS = ['webhook', 'agent'] as const;
const MEBIBYTE = 1024 * 1024;

const COMMON = [
  /^etc\/(passwd|group|nsswitch\.conf)$/,
  /^usr\/local\/bin\/node$/,
  /^lib(64)?\/([^/]+\/)?(ld-linux[^/]*|lib(c|dl|gcc_s|m|pthread|stdc\+\+))\.so\.\d+$/,
];

const OWN: Readonly<Record<Program, readonly RegExp[]>> = {
  webhook: [/^webhook\/([\w-]+\.cjs|sbom\.cdx\.json)$/, /^webhook\/cache\/[\w.-]+\/[0-9a-f]+$/],
  agent: [
    /^agent\/([\w-]+\.cjs|sbom\.cdx\.json)$/,
    /^agent\/cache\/[\w.-]+\/[0-9a-f]+$/,
    /^usr\/local\/bin\/launcher$/,
  ],
};

const tags: Record<Program, string> = { webhook: '', agent: '' };

beforeAll(async () => {
  for (const program of PROGRAMS) tags[program] = (await programImage(program)).tag;
});

describe.each(PROGRAMS)('the image of the %s', (program) => {
  it('holds Node, its libraries, one bundle and nothing else: no shell, no package manager, no sources', async () => {
    const files = await inImage(program, (root) => Object.keys(filesOf(root)));
    const allowed = [...COMMON, ...OWN[program]];
    expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
    expect(files).toContain(`${program}/main.cjs`);
    expect(files).toContain(`${program}/sbom.cdx.json`);
  });

  it('is under 135 MiB, and belongs to root: its user can change nothing in it, and nothing in it changes user', async () => {
    const files = await inImage(program, (root) => Object.entries(filesOf(root)));
    const size = files.reduce((sum, [, stats]) => sum + stats.size, 0);
    expect(size).toBeLessThan(135 * MEBIBYTE);
    expect(files.filter(([, stats]) => stats.uid !== 0)).toEqual([]);
    expect(files.filter(([, stats]) => (stats.mode & 0o6022) !== 0)).toEqual([]);
  });

  it('starts as a user that is not root, from the bundle alone', async () => {
    const { User, Entrypoint, Env } = await imageConfig(tags[program]);
    expect(User).toBe('65532:65532');
    const first = program === 'agent' ? ['/usr/local/bin/launcher', 'run'] : [];
    expect(Entrypoint).toEqual([...first, '/usr/local/bin/node', '--disable-sigusr1', `/${program}/main.cjs`]);
    expect(Env.filter((entry) => !/^(PATH|NODE_COMPILE_CACHE)=/.test(entry))).toEqual([]);
  });

  it('runs on a read-only root as any user, and ends with a clear word on wrong usage', async () => {
    for (const uid of [65532, 1234]) {
      const { code, stdout, stderr } = await runImage(program, uid, ['no-such-verb']);
      expect(stdout + stderr).toContain('usage');
      expect(code).toBe(64);
    }
  });

  it('takes its code from the compile cache that came with it', async () => {
    const { stderr } = await runImage(program, 65532, ['no-such-verb'], { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
    expect(stderr).toContain(`cache for CommonJS /${program}/main.cjs was accepted`);
  });
});

describe('the launcher', () => {
  it('is static, and runs where there is nothing else', async () => {
    const program = ['/usr/local/bin/launcher', 'wait', '/agent/main.cjs', '0'];
    const { code } = await inImage('agent', (root) => chroot(root, 1234, program));
    expect(code).toBe(0);
  });
});

async function inImage<T>(program: Program, look: (root: string) => T | Promise<T>): Promise<T> {
  return await withRootfs(tags[program], async (root) => await look(root));
}

async function runImage(
  program: Program,
  uid: number,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { Entrypoint, Env } = await imageConfig(tags[program]);
  const variables = [...Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  return await inImage(program, (root) => chroot(root, uid, [...Entrypoint, ...args], variables));
}

/** Runs a program with the image as its whole, read-only world. */
async function chroot(
  root: string,
  uid: number,
  command: readonly string[],
  env: readonly string[] = [],
): Promise<Outcome> {
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec chroot "$@"';
  const enter = ['unshare', '--mount', 'sh', '-c', script, root, `--userspec=${uid}:${uid}`, '--groups=', root];
  return await outcome(['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...env, ...enter, ...command]);
}

/** Path inside → what is known of the file. */
function filesOf(root: string): Record<string, Stats> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path.slice(root.length + 1), statSync(path)]));
}
