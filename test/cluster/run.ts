import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The program's own words go to the terminal as they come. */
  readonly show?: boolean;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export async function outcome(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program = '', ...args] = command;
  const sink = options.show === true ? 'inherit' : 'pipe';
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', sink, sink],
  });
  child.stdin?.on('error', () => undefined).end(options.input ?? '');
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [[code], stdout, stderr] = await Promise.all([
    closed,
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

/** Runs a program that has to succeed. @returns what it printed. @throws Error with command line and last words. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await outcome(command, options);
  if (code === 0) return stdout;
  const words = (stderr.trim() || stdout.trim()).slice(-3000);
  throw new Error(`${command.join(' ')}: exit code ${code}\n${words}`);
}

/** Waits until `attempt` returns something. @throws Error that names `what` and the last failure. */
export async function until<T>(what: string, seconds: number, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let failure = '';
  while (Date.now() < deadline) {
    const result = await attempt().catch((error: unknown) => {
      failure = `: ${String(error)}`;
      return undefined;
    });
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come within ${seconds} s${failure}`);
}
