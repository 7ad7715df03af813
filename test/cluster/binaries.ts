import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CACHE, KUBERNETES_VERSION } from './config.ts';
import { run } from './run.ts';

const PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'];
const MANIFEST = 'sha256.json';

export interface GoBuild {
  /** Folder in the cache; holds the version. */
  readonly name: string;
  /** Folder with the go.mod. */
  readonly module: string;
  readonly packages: readonly string[];
  readonly ldflags?: string;
}

const set = (name: string, value: string) => `-X k8s.io/component-base/version.${name}=${value}`;

/** The folder of the Kubernetes binaries; builds them (about five minutes) where the cache does not have them. */
export async function kubernetesBinaries(): Promise<string> {
  const [major, minor] = KUBERNETES_VERSION.split('.');
  const versions = [
    set('gitVersion', `v${KUBERNETES_VERSION}`),
    set('gitMajor', major ?? ''),
    set('gitMinor', minor ?? ''),
  ];
  return await goBinaries({
    name: `kubernetes-${KUBERNETES_VERSION}`,
    module: join(import.meta.dirname, 'kubernetes'),
    packages: PROGRAMS.map((name) => `k8s.io/kubernetes/cmd/${name}`),
    ldflags: versions.join(' '),
  });
}

/** A cache folder with freshly checked or freshly built static binaries. */
export async function goBinaries(build: GoBuild): Promise<string> {
  const folder = join(CACHE, build.name);
  if (await matchesManifest(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  const ldflags = ['-s -w', build.ldflags ?? ''].join(' ');
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', ldflags, '-o', `${fresh}/`, ...build.packages];
  await run(['go', ...args], { cwd: build.module, env: { CGO_ENABLED: '0' } });
  await writeManifest(fresh);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  return folder;
}

/** Whether every file is byte for byte what the build wrote: a cut-short or altered cache is built anew. */
async function matchesManifest(folder: string): Promise<boolean> {
  const manifest = join(folder, MANIFEST);
  if (!existsSync(manifest)) return false;
  const wanted = JSON.parse(await readFile(manifest, 'utf8')) as Record<string, string>;
  const names = Object.keys(wanted);
  if (names.some((name) => !existsSync(join(folder, name)))) return false;
  const sums = await Promise.all(names.map((name) => sha256(join(folder, name))));
  return sums.every((sum, i) => sum === wanted[names[i] ?? '']);
}

/** Vouches for what lies in a folder now. */
async function writeManifest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== MANIFEST).sort();
  const sums = await Promise.all(names.map(async (name) => [name, await sha256(join(folder, name))] as const));
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(Object.fromEntries(sums), null, 2)}\n`);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
