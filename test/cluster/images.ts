/** Images for the cluster: no registry can be reached, so everything is built here and imported. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { baseImage } from './base-image.ts';
import { buildImage, hasImage, removeImage, saveImage } from './buildah.ts';
import { containerdSocket, PAUSE_IMAGE, type Places } from './components.ts';
import { CACHE, REPOSITORY } from './config.ts';
import { run, until } from './run.ts';

/** Program → the image that its Dockerfile makes, as deploy/install.yaml names it. */
const IMAGES = {
  webhook: 'localhost/secrets-inject-webhook:0.1.0',
  agent: 'localhost/secrets-inject-agent:0.1.0',
} as const;

export type Program = keyof typeof IMAGES;

const DAY_MS = 86_400_000;

/** What an app is played by, as the examples name it: a shell and the usual small tools. */
export const BUSYBOX_IMAGE = 'docker.io/library/busybox:1.37';

export interface BuiltImage {
  /** In buildah's store; it tells the sources apart. */
  readonly tag: string;
  readonly archive: string;
}

/** Builds an image by its real Dockerfile, unless nothing that goes into it has changed. */
export async function programImage(program: Program): Promise<BuiltImage> {
  const dockerfile = join(REPOSITORY, `Dockerfile.${program}`);
  const base = await baseImage();
  const hash = await inputsHash(program, base);
  const tag = `localhost/build/${program}:${hash}`;
  const archive = join(CACHE, 'images', `${program}-${hash}.tar`);
  if (existsSync(archive) && (await hasImage(tag))) return { tag, archive };
  await buildImage({ context: REPOSITORY, dockerfile, tag, buildArguments: { NODE_IMAGE: base } });
  await saveImage(tag, archive, IMAGES[program]);
  await removeOld(program);
  return { tag, archive };
}

/** Images of sources that nobody has looked at since yesterday. */
async function removeOld(program: Program): Promise<void> {
  for (const file of await readdir(join(CACHE, 'images'))) {
    const [, hash] = new RegExp(`^${program}-(\\w+)\\.tar$`).exec(file) ?? [];
    const path = join(CACHE, 'images', file);
    if (hash === undefined || Date.now() - (await stat(path)).mtimeMs < DAY_MS) continue;
    await removeImage(`localhost/build/${program}:${hash}`);
    await rm(path, { force: true });
  }
}

/** Of every file that the Dockerfile copies; git knows them, new ones included. */
async function inputsHash(program: Program, base: string): Promise<string> {
  const rooms = ['build.ts', 'build', 'contract', 'certs', 'webhook', 'agent', 'cli'];
  const setup = [
    'package.json',
    'package-lock.json',
    '.npmrc',
    'tsconfig.json',
    '.dockerignore',
    `Dockerfile.${program}`,
  ];
  const list = ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z', ...setup, ...rooms];
  const files = (await run(list, { cwd: REPOSITORY })).split('\0').filter(Boolean).sort();
  const hash = createHash('sha256').update(base);
  for (const file of files) {
    if (existsSync(join(REPOSITORY, file))) hash.update(`\0${file}\0`).update(await readFile(join(REPOSITORY, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Imports an image archive into the cluster's runtime, once. */
export async function importImage(places: Places, archive: string): Promise<void> {
  const mark = join(places.run, 'images', basename(archive));
  if (existsSync(mark)) return;
  const ctr = ['ctr', '--address', containerdSocket(places.run), '--namespace', 'k8s.io'];
  await run([...ctr, 'images', 'import', archive]);
  await mkdir(dirname(mark), { recursive: true });
  await writeFile(mark, '');
}

/** Both programs and the app's stand-in, as they are in the sources now. @returns the archives they come from. */
export async function loadImages(places: Places): Promise<string[]> {
  const programs = [await programImage('webhook'), await programImage('agent')];
  const archives = [await busyboxImage(), ...programs.map(({ archive }) => archive)];
  for (const archive of archives) await importImage(places, archive);
  return archives;
}

/** Waits for the runtime, and gives it the image that every Pod needs. */
export async function loadPauseImage(places: Places): Promise<void> {
  const archive = await pauseImage();
  await until('containerd', 30, async () => (existsSync(containerdSocket(places.run)) ? true : undefined));
  await importImage(places, archive);
}

async function pauseImage(): Promise<string> {
  const source = join(import.meta.dirname, 'pause.c');
  return await smallImage(PAUSE_IMAGE, source, async (folder) => {
    await run(['gcc', '-static', '-Os', '-o', join(folder, 'pause'), source]);
    return 'COPY pause /pause\nUSER 65535\nENTRYPOINT ["/pause"]\n';
  });
}

async function busyboxImage(): Promise<string> {
  const program = '/bin/busybox';
  return await smallImage(BUSYBOX_IMAGE, program, async (folder) => {
    await run(['cp', program, join(folder, 'busybox')]);
    return 'COPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nCMD ["sh"]\n';
  });
}

/** An image from scratch, made anew only when the one file that it stands on changes. */
export async function smallImage(
  tag: string,
  source: string,
  prepare: (folder: string) => Promise<string>,
): Promise<string> {
  const key = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 12);
  const context = join(CACHE, 'images', `${tag.replaceAll(/\W/g, '-')}-${key}`);
  const archive = `${context}.tar`;
  if (existsSync(archive)) return archive;
  await mkdir(context, { recursive: true });
  const dockerfile = join(context, 'Dockerfile');
  await writeFile(dockerfile, `FROM scratch\n${await prepare(context)}`);
  await buildImage({ context, dockerfile, tag });
  await saveImage(tag, archive, tag);
  return archive;
}
