/** Long-running programs that outlive the process that starts them, and are ended by pid. */
import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './run.ts';

export class Daemons {
  readonly folder: string;

  /** @param run the folder that holds one log and one pid file per program. */
  constructor(run: string) {
    this.folder = run;
  }

  log(name: string): string {
    return join(this.folder, 'logs', `${name}.log`);
  }

  async start(name: string, command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    await Promise.all(['logs', 'pids'].map((sub) => mkdir(join(this.folder, sub), { recursive: true })));
    const [program = '', ...args] = command;
    const log = openSync(this.log(name), 'a');
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    if (child.pid === undefined) throw new Error(`${program} does not start: is it installed?`);
    await writeFile(this.#pidFile(name), `${child.pid} ${startTime(child.pid)}`);
    child.unref();
  }

  /** SIGTERM, and SIGKILL for what is still there after the patience. */
  async stop(name: string, patienceSeconds = 5): Promise<void> {
    const pid = await this.#pid(name);
    if (pid !== undefined) {
      process.kill(pid, 'SIGTERM');
      await until(name, patienceSeconds, () => this.#gone(name)).catch(() => process.kill(pid, 'SIGKILL'));
      await until(name, 5, () => this.#gone(name));
    }
    await rm(this.#pidFile(name), { force: true });
  }

  async names(): Promise<string[]> {
    const folder = join(this.folder, 'pids');
    return existsSync(folder) ? await readdir(folder) : [];
  }

  async running(name: string): Promise<boolean> {
    return (await this.#pid(name)) !== undefined;
  }

  async #gone(name: string): Promise<true | undefined> {
    return (await this.running(name)) ? undefined : true;
  }

  /** The pid, only while it is still the very process that was started. */
  async #pid(name: string): Promise<number | undefined> {
    if (!existsSync(this.#pidFile(name))) return undefined;
    const [pid = '', started = ''] = (await readFile(this.#pidFile(name), 'utf8')).split(' ');
    return startTime(Number(pid)) === started ? Number(pid) : undefined;
  }

  #pidFile(name: string): string {
    return join(this.folder, 'pids', name);
  }
}

/** Tells a process from a later one of the same pid; undefined where there is none, or only a zombie. */
function startTime(pid: number): string | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return fields[0] === 'Z' ? undefined : fields[19];
}
