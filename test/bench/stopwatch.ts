/**
 * Times programs from start to exit, as a small process of its own: what a large one adds to each of its children
 * (copying its page tables) would be counted with every program, and hide what they differ by.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Timed {
  readonly code: number | null;
  readonly ms: number;
}

export interface Stopwatch {
  time(command: Command): Promise<Timed>;
  stop(): void;
}

export function startStopwatch(): Stopwatch {
  const watch = fork(import.meta.filename);
  return {
    async time(command) {
      const answered = once(watch, 'message') as Promise<[Timed]>;
      watch.send(command);
      const [timed] = await answered;
      return timed;
    },
    stop: () => watch.disconnect(),
  };
}

export function start({ program, args, env }: Command): ChildProcess {
  return spawn(program, args, { env, stdio: 'ignore' });
}

async function measure(command: Command): Promise<void> {
  const began = performance.now();
  const [code] = (await once(start(command), 'exit')) as [number | null];
  process.send?.({ code, ms: performance.now() - began } satisfies Timed);
}

if (process.argv[1] === import.meta.filename && process.send !== undefined)
  process.on('message', (command: Command) => void measure(command));
