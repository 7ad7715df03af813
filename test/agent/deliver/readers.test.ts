import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deliver } from '../../../agent/deliver/volume.ts';

const FLIPS = 300;
const FILES = ['a', 'tls/cert', 'tls/key'];

/** Reads in a tight loop on a thread of its own; ends at the first wrong observation or when told to. */
const READER = `
  const { readFileSync, readlinkSync } = require('node:fs');
  const { parentPort, workerData: { root, kind, files, stop } } = require('node:worker_threads');
  const flag = new Int32Array(stop);
  const look = {
    set() {
      const folder = root + '/' + readlinkSync(root + '/..data');
      const found = files.map((file) => readFileSync(folder + '/' + file, 'utf8'));
      return new Set(found).size === 1 ? undefined : 'mixture ' + found;
    },
    path() {
      for (const file of files) if (readFileSync(root + '/' + file, 'utf8') === '') return 'empty ' + file;
      return undefined;
    },
  }[kind];
  let rounds = 0, wrong;
  while (Atomics.load(flag, 0) === 0 && wrong === undefined) {
    try { wrong = look(); } catch (error) { wrong = error.message; }
    rounds++;
  }
  parentPort.postMessage({ rounds, wrong });
`;

interface Observation {
  readonly rounds: number;
  readonly wrong?: string;
}

function startReader(root: string, kind: 'set' | 'path', stop: SharedArrayBuffer): Promise<Observation> {
  const worker = new Worker(READER, { eval: true, workerData: { root, kind, files: FILES, stop } });
  return new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

describe('a reader in a tight loop', () => {
  it.each([
    ['that resolves ..data once never sees a mixture of two sets', 'set'],
    ['that opens by path never misses a file', 'path'],
  ] as const)('%s', async (_what, kind) => {
    const root = mkdtempSync(join(tmpdir(), 'secrets-inject-readers-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const write = (content: string): void => {
      const bytes = Buffer.from(content);
      deliver(
        root,
        FILES.map((path) => ({ path, mode: 0o444, bytes })),
        Date.now(),
      );
    };
    write('first');
    const stop = new SharedArrayBuffer(4);
    const reader = startReader(root, kind, stop);

    for (let i = 0; i < FLIPS; i++) {
      write(`content ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    Atomics.store(new Int32Array(stop), 0, 1);
    const { rounds, wrong } = await reader;

    expect(wrong).toBeUndefined();
    expect(rounds).toBeGreaterThan(FLIPS);
  });
});
