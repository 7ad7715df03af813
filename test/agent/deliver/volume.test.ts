import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SetFile } from '../../../agent/deliver/set.ts';
import { sweep } from '../../../agent/deliver/sweep.ts';
import { deliver } from '../../../agent/deliver/volume.ts';
import { WriteError } from '../../../agent/deliver/write-error.ts';

function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'secrets-inject-volume-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

function text(path: string, content: string, mode = 0o444): SetFile {
  return { path, mode, bytes: Buffer.from(content) };
}

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');
const folders = (root: string): string[] => readdirSync(root).filter((name) => /^\.\.\d/.test(name));
const seen = (root: string): string[] => readdirSync(root).filter((name) => !name.startsWith('..'));
const stamp = (path: string) => {
  const { ino, mtimeMs } = statSync(path);
  return { ino, mtimeMs };
};

describe('a set of files', () => {
  it('is reached by name through one link, sub-folders too', () => {
    const root = makeRoot();

    const { changed } = deliver(root, [text('a', 'A'), text('tls/key', 'K'), text('tls/deep/er', 'D')], NOW);

    expect(changed).toEqual(['a', 'tls/key', 'tls/deep/er']);
    expect([read(root, 'a'), read(root, 'tls/key'), read(root, 'tls/deep/er')]).toEqual(['A', 'K', 'D']);
    expect(seen(root)).toEqual(['a', 'tls']);
    expect(readlinkSync(join(root, 'a'))).toBe('..data/a');
    expect(readlinkSync(join(root, '..data'))).toMatch(/^\.\.2026-01-02T03_04_05\.006Z\./);
  });

  it.each([0o000, 0o022, 0o077, 0o777])('has the exact modes under umask %o', (umask) => {
    const root = makeRoot();
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));

    deliver(root, [text('a', 'A', 0o400), text('d/b', 'B', 0o440), text('c', 'C', 0o666)], NOW);

    const mode = (path: string): number => statSync(join(root, path)).mode & 0o7777;
    expect([mode('a'), mode('d/b'), mode('c')]).toEqual([0o400, 0o440, 0o666]);
    expect([mode('..data/'), mode('d')]).toEqual([0o755, 0o755]);
  });

  it('keeps the group that its volume hands down', () => {
    const root = makeRoot();
    chmodSync(root, 0o2777);

    deliver(root, [text('d/b', 'B')], NOW);

    expect(statSync(join(root, 'd')).mode & 0o7777).toBe(0o2755);
  });

  it('stays untouched when nothing changed', () => {
    const root = makeRoot();
    const files = [text('a', 'A'), text('d/b', 'B')];
    deliver(root, files, NOW);
    const before = [stamp(join(root, 'a')), readlinkSync(join(root, '..data')), lstatSync(join(root, '..data')).ino];

    const { changed } = deliver(root, files, NOW + 1);

    expect(changed).toEqual([]);
    expect([stamp(join(root, 'a')), readlinkSync(join(root, '..data')), lstatSync(join(root, '..data')).ino]).toEqual(
      before,
    );
  });

  it('lets an unchanged file ride along with its inode and time', () => {
    const root = makeRoot();
    deliver(root, [text('a', 'A'), text('d/b', 'B')], NOW);
    const before = stamp(join(root, 'd/b'));
    const target = readlinkSync(join(root, '..data'));

    const { changed } = deliver(root, [text('a', 'A2'), text('d/b', 'B')], NOW + 1);

    expect(changed).toEqual(['a']);
    expect(read(root, 'a')).toBe('A2');
    expect(readlinkSync(join(root, '..data'))).not.toBe(target);
    expect(stamp(join(root, 'd/b'))).toEqual(before);
  });

  it('keeps a file that comes without bytes', () => {
    const root = makeRoot();
    deliver(root, [text('a', 'A'), text('b', 'B')], NOW);

    deliver(root, [text('a', 'A2'), { path: 'b', mode: 0o444 }], NOW + 1);

    expect([read(root, 'a'), read(root, 'b')]).toEqual(['A2', 'B']);
  });

  it('gets another mode without new bytes', () => {
    const root = makeRoot();
    deliver(root, [text('a', 'A')], NOW);

    deliver(root, [{ path: 'a', mode: 0o400 }], NOW + 1);

    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o400);
    expect(read(root, 'a')).toBe('A');
  });

  it('goes on without a file that is to be kept and is gone', () => {
    const root = makeRoot();
    deliver(root, [text('a', 'A'), text('b', 'B')], NOW);
    rmSync(join(root, '..data/b'));

    const first = deliver(root, [text('a', 'A2'), { path: 'b', mode: 0o444 }], NOW + 1);
    const second = deliver(root, [text('a', 'A2'), { path: 'b', mode: 0o444 }], NOW + 2);

    expect(first.changed).toEqual(['a']);
    expect(second.changed).toEqual([]);
    expect([...second.identities.keys()]).toEqual(['a']);
  });

  it('drops what is no longer in it, and leaves what others put there', () => {
    const root = makeRoot();
    deliver(root, [text('a', 'A'), text('b', 'B')], NOW);
    writeFileSync(join(root, 'foreign'), 'x');

    deliver(root, [text('a', 'A')], NOW + 1);

    expect(seen(root)).toEqual(['a', 'foreign']);
    expect(readdirSync(join(root, '..data'))).toEqual(['a']);
  });
});

describe('damage to a set of files', () => {
  it.each([
    ['a name', (root: string) => rmSync(join(root, 'a'))],
    ['a file', (root: string) => rmSync(join(root, '..data/a'))],
    ['the whole folder', (root: string) => rmSync(join(root, readlinkSync(join(root, '..data'))), { recursive: true })],
    ['the link', (root: string) => rmSync(join(root, '..data'))],
    ['its content', (root: string) => (chmodSync(join(root, 'a'), 0o644), writeFileSync(join(root, 'a'), 'other'))],
  ])('is mended: %s', (_what, damage) => {
    const root = makeRoot();
    deliver(root, [text('a', 'A'), text('b', 'B')], NOW);
    damage(root);

    deliver(root, [text('a', 'A'), text('b', 'B')], NOW + 1);

    expect([read(root, 'a'), read(root, 'b')]).toEqual(['A', 'B']);
  });

  it('of an agent that was killed in between is cleaned up', () => {
    const root = makeRoot();
    deliver(root, [text('a', 'A')], NOW);
    mkdirSync(join(root, '..2020-half-written/d'), { recursive: true });
    writeFileSync(join(root, '..2020-half-written/d/x'), 'x');
    symlinkSync('..2020-half-written', join(root, '..data_tmp'));

    deliver(root, [text('a', 'A2')], NOW + 1);
    sweep(root, Date.now() + 10_000);

    expect(read(root, 'a')).toBe('A2');
    expect(readdirSync(root).filter((name) => name.startsWith('..'))).toEqual(
      ['..data', readlinkSync(join(root, '..data'))].toSorted(),
    );
  });
});

describe('the set before', () => {
  it('stays for readers that are still at it, until the sweep after an interval', () => {
    const root = makeRoot();
    deliver(root, [text('a', 'A')], NOW);
    const old = join(root, readlinkSync(join(root, '..data')));

    deliver(root, [text('a', 'A2')], NOW + 1_000);
    sweep(root, NOW + 1_000);
    expect(read(old, 'a')).toBe('A');
    sweep(root, NOW + 1_001);

    expect(folders(root)).toHaveLength(1);
    expect(read(root, 'a')).toBe('A2');
  });

  it('stays however quickly the next ones come', () => {
    const root = makeRoot();

    for (const content of ['1', '2', '3', '4']) deliver(root, [text('a', content)], NOW);

    expect(folders(root)).toHaveLength(4);
  });
});

describe('a volume that cannot be written', () => {
  it('is told by name and reason, and nothing half-written remains when it is full', (context) => {
    if (process.getuid?.() !== 0) context.skip('only root can mount the small memory volume that this needs');
    const root = makeRoot();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', root]);
    onTestFinished(() => void execFileSync('umount', [root]));
    deliver(root, [text('a', 'A'), text('b', 'B')], NOW);

    const act = (): unknown => deliver(root, [text('a', 'A2'), text('b', 'x'.repeat(100_000))], NOW + 1);

    expect(act).toThrow(WriteError);
    expect(act).toThrow(/no space left.*\(ENOSPC\)/);
    expect([read(root, 'a'), read(root, 'b')]).toEqual(['A', 'B']);
    expect(folders(root)).toHaveLength(1);
  });

  it('is told by name and reason when a file stands in its place', () => {
    const root = join(makeRoot(), 'file');
    writeFileSync(root, '');

    expect(() => deliver(join(root, 'files'), [text('a', 'A')], NOW)).toThrow(/cannot write .*\(ENOTDIR\)/);
  });
});
