/** An emulator of AWS: Secrets Manager, STS and IAM on one port. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../cluster/run.ts';
import { call } from './call.ts';
import { CACHE } from './config.ts';
import { freePort, startDaemon } from './daemon.ts';

export interface MotoServer {
  /** Origin: the endpoint of every service. */
  readonly address: string;
  /** From now on signatures are verified and IAM policies hold. */
  enforceIam(): Promise<void>;
  /** Work for which they do not: the emulator cannot judge calls that AWS allows without a signature. */
  withoutIam<T>(work: () => Promise<T>): Promise<T>;
  readonly stop: () => Promise<void>;
}

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

export async function startMoto({
  host = '127.0.0.1',
  port,
}: { host?: string; port?: number } = {}): Promise<MotoServer> {
  const listen = port ?? (await freePort(host));
  const address = `http://${host}:${listen}`;
  const command = [await motoPython(), '-m', 'moto.server', '-H', host, '-p', String(listen)];
  const { stop } = await startDaemon(command, {
    seconds: 60,
    ready: async () => (await call('GET', `${address}/moto-api/`)).status === 200,
  });
  /** After how many more calls IAM holds. */
  const enforceAfter = async (calls: string) =>
    void (await call('POST', `${address}/moto-api/reset-auth`, { body: calls }));
  return {
    address,
    enforceIam: () => enforceAfter('0'),
    async withoutIam(work) {
      await enforceAfter('inf');
      try {
        return await work();
      } finally {
        await enforceAfter('0');
      }
    },
    stop,
  };
}

/** Installed once per list of requirements, which takes under a minute. */
async function motoPython(): Promise<string> {
  const list = await readFile(REQUIREMENTS);
  const folder = join(CACHE, `moto-${createHash('sha256').update(list).digest('hex').slice(0, 12)}`);
  if (!existsSync(folder)) await install(folder);
  return join(folder, 'bin', 'python');
}

/** Beside its place first: two test runs may install at the same time. */
async function install(folder: string): Promise<void> {
  const fresh = `${folder}.${process.pid}`;
  await mkdir(CACHE, { recursive: true });
  try {
    await run(['python3', '-m', 'venv', fresh]);
    const pip = [join(fresh, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run([...pip, '-r', REQUIREMENTS]);
    await rename(fresh, folder).catch(async (error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
