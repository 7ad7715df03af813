import * as fc from 'fast-check';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SOURCE = join(import.meta.dirname, '../../agent/launcher');
const folder = mkdtempSync(join(tmpdir(), 'secrets-inject-launcher-'));
const built = { plain: join(folder, 'launcher'), sanitized: join(folder, 'launcher-sanitized') };

beforeAll(() => {
  execFileSync('make', ['-C', SOURCE, `OUT=${built.plain}`]);
  execFileSync('make', ['-C', SOURCE, 'sanitized', `OUT=${built.sanitized}`]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(built))('launcher wait, %s', (_kind, program) => {
  const run = (...args: string[]) => spawnSync(program, args, { encoding: 'utf8', timeout: 5_000 });

  it('ends at once with 0 when the file is there', () => {
    const path = join(folder, 'there');
    writeFileSync(path, '');

    expect(run('wait', path, '0')).toMatchObject({ status: 0, stderr: '' });
    expect(run('wait', path, '20')).toMatchObject({ status: 0, stderr: '' });
  });

  it('looks once when it has no time', () => {
    const path = join(folder, 'nowhere');

    const { status, stderr } = run('wait', path, '0');

    expect(status).toBe(1);
    expect(stderr).toBe(`launcher: ${path}: not there after 0 s, see the log of this container\n`);
  });

  it('gives up when its time is over', () => {
    const start = Date.now();

    expect(run('wait', join(folder, 'no/such/folder'), '1').status).toBe(1);

    expect(Date.now() - start).toBeGreaterThanOrEqual(1_000);
  });

  it('ends soon after the file appears', async () => {
    const path = join(folder, `late-${process.hrtime.bigint()}`);
    const child = spawn(program, ['wait', path, '5']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const start = performance.now();
    writeFileSync(path, '');

    const [code] = (await once(child, 'exit')) as [number];

    expect(code).toBe(0);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it.each([
    [[]],
    [['wait']],
    [['wait', '/x']],
    [['wait', '/x', '']],
    [['wait', '/x', '-1']],
    [['wait', '/x', '1s']],
    [['wait', '/x', ' 1']],
    [['wait', '/x', '99999999999999999999']],
    [['wait', '/x', '1', '2']],
    [['exec', '/bin/true']],
  ])('explains itself for %j', (args) => {
    const { status, stderr } = run(...args);

    expect(status).toBe(64);
    expect(stderr).toBe('launcher: usage: launcher wait <file> <seconds>\n');
  });

  it('never crashes, whatever its arguments are', () => {
    const words = fc.constantFrom('wait', '/nowhere', '0', '-0', '00', '9223372036854775808', '%s%n', '');
    const args = fc.array(
      fc.oneof(
        words,
        fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
      ),
      {
        maxLength: 4,
      },
    );

    const check = fc.property(args, (list) => {
      expect([0, 1, 64]).toContain(run(...list).status);
    });
    fc.assert(check, { numRuns: 60 });
  });

  it('does not wait for what will never be allowed', () => {
    const { status, stderr } = run('wait', `/${'n'.repeat(300)}`, '5');

    expect(status).toBe(1);
    expect(stderr).toMatch(/File name too long/);
  });
});
