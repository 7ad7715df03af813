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
    [['run']],
  ])('explains itself for %j', (args) => {
    const { status, stderr } = run(...args);

    expect(status).toBe(64);
    expect(stderr).toBe('launcher: usage: launcher wait <file> <seconds> | launcher run <program> <argument>...\n');
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

describe.each(Object.entries(built))('launcher run, %s', (_kind, program) => {
  const sh = (script: string) => spawnSync(program, ['run', '/bin/sh', '-c', script], { encoding: 'utf8' });

  it('ends as its program ends', () => {
    expect(sh('echo out; echo err >&2; exit 77')).toMatchObject({ status: 77, stdout: 'out\n', stderr: 'err\n' });
    expect(sh('kill -KILL $$').status).toBe(128 + 9);
  });

  it('hands over its environment and every argument', () => {
    const args = ['run', '/bin/sh', '-c', 'echo "$A|$0|$1|$2"', 'x', '', 'a b'];
    expect(spawnSync(program, args, { encoding: 'utf8', env: { A: 'b' } }).stdout).toBe('b|x||a b\n');
  });

  it('says which program is not there', () => {
    const { status, stderr } = spawnSync(program, ['run', '/no/such'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 127, stderr: 'launcher: /no/such: No such file or directory\n' });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('hands %s on, however early it comes', async (signal) => {
    const early = spawn(program, ['run', '/bin/sleep', '100']);
    await once(early, 'spawn');
    early.kill(signal);
    const [code, by] = (await once(early, 'exit')) as [number | null, string | null];
    expect([128 + 15, 128 + 2, signal]).toContain(code ?? by);
  });

  it('lets its program decide what a signal means, and takes away what that leaves behind', async () => {
    const script = 'trap "echo bye; exit 3" TERM; (sleep 0.1 &) ; echo ready; while :; do sleep 0.05; done';
    const child = spawn(program, ['run', '/bin/sh', '-c', script]);
    const [ready] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect({ ready: ready.toString(), code }).toEqual({ ready: 'ready\n', code: 3 });
  });
});
