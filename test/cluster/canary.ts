/** A secret that is looked for afterwards, in whatever spelling it could have got somewhere. */
import { randomBytes } from 'node:crypto';
import { run, outcome } from './run.ts';

/** @returns a value that every encoding spells differently; no byte of it is a shell's or Vault's concern. */
export function newCanary(name: string): string {
  return `${name}-${randomBytes(12).toString('hex')}"ü\\/+&=%\t<>`;
}

/** Name → text to look for. The part of plain letters stands in most encodings as it is, so it is looked for alone. */
export function spellings(canary: string): Readonly<Record<string, string>> {
  const core = /^[\w-]+/.exec(canary)?.[0] ?? canary;
  const hex = Buffer.from(core).toString('hex');
  return {
    raw: canary,
    core,
    hex,
    'hex in capitals': hex.toUpperCase(),
    'URL-escaped': encodeURIComponent(canary),
    'JSON-escaped': JSON.stringify(canary).slice(1, -1),
    ...base64(core),
  };
}

/** What base64 makes of a text depends on where in the whole it stands: one spelling per offset, without the edges. */
function base64(text: string): Record<string, string> {
  const shifted = [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    return bytes.subarray(offset === 0 ? 0 : 3, bytes.length - (bytes.length % 3)).toString('base64');
  });
  return Object.fromEntries(shifted.map((spelling, offset) => [`base64 at offset ${offset}`, spelling]));
}

/** @returns the spellings of canaries that a text holds, as "<canary>: <spelling>". */
export function findInText(text: string, canaries: readonly string[]): string[] {
  return canaries.flatMap((canary) =>
    Object.entries(spellings(canary))
      .filter(([, spelling]) => text.includes(spelling))
      .map(([name]) => `${canary}: ${name}`),
  );
}

/**
 * Files below a folder that hold a spelling of a canary. Memory volumes and whatever else is mounted there is left out.
 * @param since files that nothing has touched since cannot hold one
 */
export async function findOnDisk(folder: string, canaries: readonly string[], since: Date): Promise<string[]> {
  const patterns = canaries.flatMap((canary) => Object.values(spellings(canary)));
  const files = ['find', folder, '-xdev', '-type', 'f', '-newerct', `@${since.getTime() / 1000}`];
  const list = await run([...files, '-print0']);
  const grep = ['xargs', '-0', '--no-run-if-empty', 'grep', '--text', '--fixed-strings', '--files-with-matches', '-s'];
  const { stdout } = await outcome([...grep, ...patterns.map((pattern) => `--regexp=${pattern}`), '--'], {
    input: list,
    env: { LC_ALL: 'C' },
  });
  return stdout.split('\n').filter(Boolean);
}
