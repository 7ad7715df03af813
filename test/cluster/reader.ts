/** A container that reads a volume of secrets without a pause, and what it has seen so far. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { importImage, smallImage } from './images.ts';
import type { OwnCluster } from './cluster.ts';
import { run } from './run.ts';

const IMAGE = 'localhost/reader:1';
const SOURCE = join(import.meta.dirname, 'reader.c');

/** `pinned` resolves `..data` once a round; `by-path` opens each file by its path. */
export type Way = 'pinned' | 'by-path';

export async function compileReader(folder: string): Promise<string> {
  const program = join(folder, 'reader');
  const strict = ['-std=c11', '-D_POSIX_C_SOURCE=200809L', '-Wall', '-Wextra', '-Werror'];
  await mkdir(folder, { recursive: true });
  await run(['gcc', '-static', '-O2', '-s', ...strict, '-o', program, SOURCE]);
  return program;
}

export async function loadReader(own: OwnCluster): Promise<void> {
  const archive = await smallImage(IMAGE, SOURCE, async (folder) => {
    await compileReader(folder);
    return 'COPY reader /reader\n';
  });
  await importImage(own, archive);
}

export function readerContainer(way: Way, root: string, files: readonly string[]) {
  return {
    name: way,
    image: IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['/reader', way, root, '0', ...files],
    // A reader that is stopped in the middle of a round, again and again, sees more than one that never is.
    resources: { limits: { cpu: '200m' } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

/** A file as the readers expect it. */
export function generationFile(generation: number): string {
  const digits = String(generation).padStart(8, '0');
  return digits + 'x'.repeat(20_000 + generation * 1000) + digits;
}

export interface Seen {
  readonly rounds: number;
  readonly sets: number;
  readonly faults: readonly string[];
}

/** @param log of a reader, with or without timestamps. Rounds are told now and then, sets and faults at once. */
export function seenBy(log: string): Seen {
  const [, rounds = '0'] = [...log.matchAll(/rounds (\d+) sets/g)].at(-1) ?? [];
  return {
    rounds: Number(rounds),
    sets: log.match(/\bset \d+$/gm)?.length ?? 0,
    faults: log.match(/fault: .*/g) ?? [],
  };
}
