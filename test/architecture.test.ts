import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Which rooms a room may look into, besides itself. */
const MAY_SEE: Record<string, readonly string[]> = {
  contract: [],
  certs: [],
  webhook: ['contract', 'certs'],
  agent: ['contract'],
  cli: ['contract', 'certs', 'webhook', 'agent'],
};

const root = join(import.meta.dirname, '..');
const rooms = Object.keys(MAY_SEE);
const sources = rooms.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: root }));

/** Modules that a source imports from this repository, statically or lazily, as paths from its root. */
function importsOf(source: string): string[] {
  const text = readFileSync(join(root, source), 'utf8');
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'(\.[^']+)'/gm);
  return [...found].map(([, path = '']) => relative(root, join(root, dirname(source), path)));
}

function linesWith(pattern: RegExp, exempt: (source: string) => boolean): string[] {
  return sources
    .filter((source) => !exempt(source))
    .flatMap((source) =>
      codeOf(source).flatMap((line, i) => (pattern.test(line) ? [`${source}:${i + 1} ${line}`] : [])),
    );
}

/** Lines without those that are comments. */
function codeOf(source: string): string[] {
  const lines = readFileSync(join(root, source), 'utf8').split('\n');
  return lines.map((line) => (/^\s*(\/?\*|\/\/)/.test(line) ? '' : line));
}

describe('the house', () => {
  it('has every room', () => {
    for (const room of rooms) expect(sources.some((source) => source.startsWith(`${room}/`))).toBe(true);
  });

  it.each(rooms)('%s looks only where it may', (room) => {
    const allowed = [room, ...(MAY_SEE[room] ?? [])];

    const wrong = sources
      .filter((source) => source.startsWith(`${room}/`))
      .flatMap((source) => importsOf(source).map((target) => ({ source, target })))
      .filter(({ target }) => !allowed.some((other) => target.startsWith(`${other}/`)));

    expect(wrong).toEqual([]);
  });

  it('has no import cycle', () => {
    const cycles = sources.flatMap((source) => cycleThrough(source));

    expect(cycles).toEqual([]);
  });

  it('touches the process in main.ts files alone', () => {
    const wrong = linesWith(/^[^'"`]*\bprocess\.|from 'node:process'/, (source) =>
      /(^|\/)(main|config)\.ts$/.test(source),
    );

    expect(wrong).toEqual([]);
  });

  it('names environment variables in config.ts files alone', () => {
    const wrong = linesWith(/\bprocess\.env\b/, (source) => /(^|\/)(main|config)\.ts$/.test(source));

    expect(wrong).toEqual([]);
  });

  it.each([
    ['node-forge', 'certs/authority.ts'],
    ['@kubernetes/client-node', ''],
    ['fast-json-patch', ''],
    ['@aws-sdk/', 'agent/'],
  ])('keeps %s where a measured reason can change it', (name, place) => {
    const users = sources.filter((source) => codeOf(source).some((line) => line.includes(`from '${name}`)));

    expect(users.filter((user) => !user.startsWith(place))).toEqual([]);
    expect(new Set(users.map((user) => user.split('/')[0])).size).toBe(users.length);
  });
});

/** The modules from `source` back to itself, or nothing. */
function cycleThrough(source: string): string[][] {
  const queue: string[][] = [[source]];
  const seen = new Set<string>();
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const target of importsOf(path.at(-1) ?? source)) {
      if (target === source) return [[...path, target]];
      if (!seen.has(target) && sources.includes(target)) {
        seen.add(target);
        queue.push([...path, target]);
      }
    }
  }
  return [];
}
