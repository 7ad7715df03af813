/** Builds images without an engine, in a store of our own. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CACHE } from './config.ts';
import { outcome, run } from './run.ts';

const STORE = join(CACHE, 'buildah');
const PRUNE_MS = 4 * 3_600_000;
const NPM_CACHE = join(CACHE, 'npm');
const BUILDAH = ['buildah', '--root', STORE, '--runroot', '/run/secrets-inject-buildah', '--storage-driver', 'overlay'];

export interface ImageBuild {
  readonly context: string;
  readonly dockerfile: string;
  readonly tag: string;
  readonly buildArguments?: Readonly<Record<string, string>>;
}

/**
 * Steps share the machine's network and a cache of npm's, for `npm ci` is one of them. The layers of earlier builds are
 * taken again where nothing has changed.
 */
export async function buildImage({ context, dockerfile, tag, buildArguments = {} }: ImageBuild): Promise<void> {
  await mkdir(NPM_CACHE, { recursive: true });
  await pruneNowAndThen();
  const given = Object.entries(buildArguments).map(([name, value]) => `--build-arg=${name}=${value}`);
  const how = [
    '--isolation=chroot',
    '--network=host',
    '--format=docker',
    '--layers',
    `--volume=${NPM_CACHE}:/root/.npm`,
  ];
  await run([...BUILDAH, 'bud', ...how, ...given, '--file', dockerfile, '--tag', tag, context]);
}

/** Layers without a name fill the disk sooner than one thinks. One that a build is using just now stays. */
async function pruneNowAndThen(): Promise<void> {
  const mark = join(CACHE, 'buildah-pruned');
  if (existsSync(mark) && Date.now() - (await stat(mark)).mtimeMs < PRUNE_MS) return;
  await writeFile(mark, '');
  await outcome([...BUILDAH, 'prune', '--force']);
}

export async function removeImage(tag: string): Promise<void> {
  await outcome([...BUILDAH, 'rmi', tag]);
}

export async function hasImage(tag: string): Promise<boolean> {
  return (await outcome([...BUILDAH, 'inspect', '--type=image', tag])).code === 0;
}

/** Writes an image as an archive that a container runtime can import under `name`. Whole, or not at all. */
export async function saveImage(tag: string, archive: string, name: string): Promise<void> {
  const fresh = `${archive}.${process.pid}`;
  await mkdir(dirname(archive), { recursive: true });
  await rm(fresh, { force: true });
  await run([...BUILDAH, 'push', tag, `docker-archive:${fresh}:${name}`]);
  await rename(fresh, archive);
}

/** The image's files, for looking at; gone when `look` returns. */
export async function withRootfs<T>(tag: string, look: (rootfs: string) => Promise<T>): Promise<T> {
  const container = (await run([...BUILDAH, 'from', '--pull-never', tag])).trim();
  try {
    return await look((await run([...BUILDAH, 'mount', container])).trim());
  } finally {
    await run([...BUILDAH, 'rm', container]);
  }
}

export interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Env: readonly string[];
}

/** What the image tells a runtime. */
export async function imageConfig(tag: string): Promise<ImageConfig> {
  const text = await run([...BUILDAH, 'inspect', '--type=image', tag]);
  const { OCIv1: image } = JSON.parse(text) as { OCIv1: { config: ImageConfig } };
  return image.config;
}
