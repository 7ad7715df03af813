/**
 * Bundles one program as CommonJS, which starts in half the time of ES modules. esbuild splits ES modules only, so it
 * bundles and splits those first, then each chunk is turned into CommonJS: what the sources load by `await import()`
 * stays apart and is read only when asked for, and what several chunks use exists once.
 */
import { build, transform } from 'esbuild';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { mergeShared } from './merge.ts';

export interface Program {
  readonly entry: string;
  readonly outdir: string;
  readonly executable: boolean;
}

/** @returns every source file that ended up in the bundle. */
export async function bundle({ entry, outdir, executable }: Program): Promise<string[]> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    alias: { '@aws-sdk/credential-provider-node': join(import.meta.dirname, 'no-default-credentials.ts') },
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  await mkdir(outdir, { recursive: true });
  const parts = outputFiles.map(({ path, text }) => ({ name: relative(resolve(outdir), path), text }));
  for (const { name, text } of await mergeShared(parts, metafile, 'main.cjs')) {
    await writeChunk(join(outdir, name), text, executable && name === 'main.cjs');
  }
  return Object.keys(metafile.inputs);
}

async function writeChunk(path: string, source: string, executable: boolean): Promise<void> {
  const { code } = await transform(source, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minifyWhitespace: true,
    minifySyntax: true,
    // Else `import()` stays, and needs the module loader that CommonJS spares.
    supported: { 'dynamic-import': false },
  });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, executable && !code.startsWith('#!') ? `#!/usr/bin/env node\n${code}` : code);
  if (executable) await chmod(path, 0o755);
}
