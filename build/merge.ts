/**
 * esbuild makes a chunk of its own for every set of parts that share something. Each file costs a start about a
 * millisecond, so what the program loads anyway, and what is tiny, becomes one file.
 */
import { build, type Metafile, type Plugin } from 'esbuild';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/** A module of the output: ES syntax, imports of others by `./<name>`. */
export interface Part {
  readonly name: string;
  readonly text: string;
}

const TINY_BYTES = 4096;

export async function mergeShared(parts: readonly Part[], { outputs }: Metafile, main: string): Promise<Part[]> {
  const byName = Object.fromEntries(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const always = reachable(main, byName);
  const isShared = ({ name }: Part): boolean =>
    name.startsWith('chunk-') && (always.has(name) || (byName[name]?.bytes ?? Infinity) < TINY_BYTES);
  const shared = parts.filter(isShared);
  if (shared.length < 2) return [...parts];
  refuseDoubles(shared.flatMap(({ name }) => byName[name]?.exports ?? []));
  const text = await joined(shared);
  const name = `chunk-${createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase()}.cjs`;
  const renamed = (part: Part): Part => ({ ...part, text: pointedAt(name, shared, part.text) });
  return [...parts.filter((part) => !isShared(part)).map(renamed), { name, text }];
}

/** What is loaded with `name`, not by `import()`. */
function reachable(name: string, outputs: Metafile['outputs'], seen = new Set<string>()): Set<string> {
  seen.add(name);
  for (const { path, kind } of outputs[name]?.imports ?? [])
    if (kind === 'import-statement' && !seen.has(basename(path))) reachable(basename(path), outputs, seen);
  return seen;
}

/** `export *` leaves out a name that two modules have. */
function refuseDoubles(names: readonly string[]): void {
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double !== undefined) throw new Error(`two chunks export ${double}: rename one of them in the sources`);
}

async function joined(shared: readonly Part[]): Promise<string> {
  const contents = shared.map(({ name }) => `export * from './${name}';`).join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '/' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    write: false,
    logLevel: 'warning',
    plugins: [fromMemory(shared)],
  });
  return outputFiles.map(({ text }) => text).join('');
}

function fromMemory(shared: readonly Part[]): Plugin {
  const texts = new Map(shared.map(({ name, text }) => [`./${name}`, text]));
  return {
    name: 'from-memory',
    setup(building) {
      building.onResolve({ filter: /^\.\// }, ({ path }) =>
        texts.has(path) ? { path, namespace: 'memory' } : { path, external: true },
      );
      building.onLoad({ filter: /^/, namespace: 'memory' }, ({ path }) => ({
        contents: texts.get(path) ?? '',
        resolveDir: '/',
      }));
    },
  };
}

function pointedAt(target: string, shared: readonly Part[], text: string): string {
  return shared.reduce((changed, { name }) => changed.replaceAll(`"./${name}"`, `"./${target}"`), text);
}
