import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';

/** A program that runs until it is stopped, and never longer than the process that started it. */
export interface Daemon {
  readonly pid: number;
  /** The last words it said, for messages. */
  words(): string;
  readonly stop: () => Promise<void>;
}

export interface DaemonOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly ready: () => Promise<boolean>;
  readonly seconds: number;
}

/** @throws Error with its last words when it ends early or is not ready in time. */
export async function startDaemon(command: readonly string[], options: DaemonOptions): Promise<Daemon> {
  const [program = '', ...args] = command;
  const env = { PATH: process.env['PATH'], ...options.env };
  const child = spawn(program, args, { env, cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const words = lastWords(child);
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${words()}`)));
  });
  const stop = async () => {
    process.off('exit', endWithUs);
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(timer);
  };
  await Promise.race([failed, untilReady(program, options)]).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  failed.catch(() => undefined);
  return { pid: child.pid ?? 0, words, stop };
}

async function untilReady(program: string, { ready, seconds }: DaemonOptions): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await ready().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${program} was not ready within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function lastWords(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-3000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

/** A port that was free a moment ago. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}
