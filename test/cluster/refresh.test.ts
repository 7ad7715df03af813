import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAudit } from './audit.ts';
import type { Kubectl } from './kubectl.ts';
import { pod } from './pods.ts';
import { containerPid, containerStatus, endProcess } from './processes.ts';
import { compileReader, generationFile, loadReader, readerContainer, seenBy, type Way } from './reader.ts';
import { outcome, until } from './run.ts';
import { useStage, type Stage } from './stage.ts';

const NAMESPACE = 'refresh';
const FILES = ['user', 'password', 'nested/key'];
const WAYS: readonly Way[] = ['pinned', 'by-path'];
const INTERVAL = 2;
/** Seconds that a busy machine may add to a read of Vault and a look at the files. */
const BUSY = 8;
const AGENT = 'secrets-inject';

let stage: Stage;
let kubectl: Kubectl;
let folder: string;

beforeAll(async () => {
  stage = await useStage();
  kubectl = await stage.namespace(NAMESPACE);
  folder = await mkdtemp(join(tmpdir(), 'reader-'));
  await loadReader(stage.own);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await stage.stop();
});

/** All files of one secret, so that every set that Vault ever had is of one generation. */
async function write(generation: number): Promise<void> {
  const content = generationFile(generation);
  await stage.vault.write('secret/app', { user: content, password: content, nested: { key: content } });
}

const annotations = {
  'file.user': 'vault:secret/app#user',
  'file.password': 'vault:secret/app#password',
  config: 'file.nested/key: vault:secret/app#nested.key\n',
  'vault.role': NAMESPACE,
  'refresh-interval': `${INTERVAL}s`,
};

const readers = { containers: WAYS.map((way) => readerContainer(way, '/secrets', FILES)) };

/** Waits until a reader has seen a generation. @returns when, in milliseconds since the epoch. */
async function seenAt(way: Way, generation: number): Promise<number> {
  return await until(`generation ${generation} ${way}`, 60, async () => {
    const log = await kubectl.run('logs', 'app', `--container=${way}`, '--timestamps');
    const [, time] = new RegExp(`^(\\S+) set ${generation}$`, 'm').exec(log) ?? [];
    return time === undefined ? undefined : Date.parse(time);
  });
}

async function metrics(): Promise<string> {
  return await stage.kubectl
    .in(NAMESPACE)
    .exec('tools', 'app', 'wget', '-qO-', `http://${await podAddress()}:9465/metrics`);
}

async function podAddress(): Promise<string> {
  return (await kubectl.run('get', 'pod', 'app', '--output=jsonpath={.status.podIP}')).trim();
}

describe('the readers of these tests', () => {
  it('tell a mixture, a missing file and a short one from a good set', async () => {
    const reader = await compileReader(folder);
    await mkdir(join(folder, '..1'));
    await symlink('..1', join(folder, '..data'));
    const say = async (files: Readonly<Record<string, string>>) => {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, '..1', name), text);
      return seenBy((await outcome([reader, 'pinned', folder, '1', 'a', 'b'])).stdout).faults[0];
    };

    const good = await say({ a: generationFile(1), b: generationFile(1) });
    const mixture = await say({ b: generationFile(2) });
    const short = await say({ a: generationFile(1).slice(0, 9000) });
    await rm(join(folder, '..1', 'a'));
    const missing = await say({});

    expect({ good, mixture, short, missing }).toEqual({
      good: undefined,
      mixture: 'fault: b: a mixture',
      short: 'fault: a: cut short',
      missing: 'fault: a: No such file or directory',
    });
  });
});

describe('a secret that changes in Vault', () => {
  it('reaches all files of the Pod at once and within the interval, under the eyes of readers', async () => {
    await write(1);
    await kubectl.apply([pod('app', annotations, { spec: readers }), pod('tools', {})]);
    // A container is ready some moments before its program has looked for the first time.
    for (const way of WAYS) await seenAt(way, 1);
    const delays: number[] = [];
    for (let generation = 2; generation <= 7; generation++) {
      const written = Date.now();
      await write(generation);
      for (const way of WAYS) delays.push((await seenAt(way, generation)) - written);
    }

    const seen = await Promise.all(WAYS.map(async (way) => seenBy(await kubectl.logs('app', way))));
    process.stdout.write(`flips seen after ${delays.join(', ')} ms; ${JSON.stringify(seen)}\n`);
    for (const { rounds, sets, faults } of seen) {
      expect(faults).toEqual([]);
      expect(sets).toBe(7);
      expect(rounds).toBeGreaterThan(1000);
    }
    expect(Math.max(...delays)).toBeLessThan((INTERVAL * 1.1 + BUSY) * 1000);
  });

  it('does not reach the Pod while Vault is away, which the metrics say, and does when it is back', async () => {
    const before = await metrics();
    await stage.vault.cut();
    await write(8);
    const away = await until('a failed read in the metrics', 30, async () => {
      const text = await metrics();
      return lastState(text) === -1 && calls(text, 'error') > calls(before, 'error') + 1 ? text : undefined;
    });
    const seenWhileAway = await Promise.all(WAYS.map(async (way) => seenBy(await kubectl.logs('app', way))));
    await stage.vault.mend();
    for (const way of WAYS) await seenAt(way, 8);
    const after = await metrics();

    expect(lastState(before)).toBe(1);
    expect(calls(away, 'success')).toBeLessThanOrEqual(calls(before, 'success') + 1);
    expect(seenWhileAway.map(({ sets, faults }) => ({ sets, faults }))).toEqual(
      WAYS.map(() => ({ sets: 7, faults: [] })),
    );
    expect(lastState(after)).toBe(1);
    expect(calls(after, 'success')).toBeGreaterThan(calls(away, 'success'));
  });

  it('still reaches a Pod whose agent was killed, and no reader misses a file meanwhile', async () => {
    await endProcess(await containerPid(stage.own, kubectl, 'app', AGENT), 'SIGKILL');
    await write(9);
    for (const way of WAYS) await seenAt(way, 9);

    const seen = await Promise.all(WAYS.map(async (way) => seenBy(await kubectl.logs('app', way))));
    expect(seen.map(({ sets, faults }) => ({ sets, faults }))).toEqual(WAYS.map(() => ({ sets: 9, faults: [] })));
    expect((await containerStatus(kubectl, 'app', AGENT)).restartCount).toBe(1);
  });
});

describe('an agent that was killed', () => {
  it('comes back, leaves the files as they are, and reads no secret a second time before its time', async () => {
    const audit = await startAudit(stage.vault.server);
    await stage.vault.write('secret/api', { key: 'k', id: 'i' });
    const quiet = { 'file.key': 'vault:secret/api#key', 'file.id': 'vault:secret/api#id', 'refresh-interval': '1h' };
    await kubectl.apply([pod('quiet', { ...annotations, ...quiet })]);
    await kubectl.waitFor('pod/quiet', 'condition=Ready');
    const files = await kubectl.exec('quiet', 'app', 'ls', '-lRi', '/secrets');
    await endProcess(await containerPid(stage.own, kubectl, 'quiet', AGENT), 'SIGKILL');
    await kubectl.logged('quiet', AGENT, /the files of an earlier start are in place/, 60);

    const reads = await audit.reads();
    await audit.stop();
    expect((await containerStatus(kubectl, 'quiet', AGENT)).restartCount).toBe(1);
    expect(await kubectl.exec('quiet', 'app', 'ls', '-lRi', '/secrets')).toBe(files);
    expect(reads['secret/data/api']).toBe(1);
  });
});

const lastState = (text: string) => Number(/^secrets_inject_last_state\{.*\} (\S+)$/m.exec(text)?.[1]);

function calls(text: string, status: string): number {
  return Number(new RegExp(`^secrets_inject_sync_calls_total\\{.*status="${status}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
}
