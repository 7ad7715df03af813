/** The two servers of the webhook's bench, each a process of its own with its output in a file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';

export interface ServerProcess {
  readonly port: number;
  /** Of the processor, spent so far. */
  cpuMs(): number;
  residentMiB(): number;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');

export function startBare(pair: { cert: string; key: string; answer: string }): Promise<ServerProcess> {
  return start((folder) => {
    const file = join(folder, 'bare.json');
    writeFileSync(file, JSON.stringify(pair));
    return [[join(import.meta.dirname, 'bare-server.ts'), file], {}];
  });
}

export function startWebhookProcess(config: object, kubeconfig: string): Promise<ServerProcess> {
  return start((folder) => {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, stringify(config));
    return [[join(root, 'webhook/main.ts'), '--config', file], { KUBECONFIG: kubeconfig }];
  });
}

type Command = (folder: string) => [string[], Record<string, string>];

async function start(command: Command): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const log = join(folder, 'log');
  const output = openSync(log, 'w');
  const [args, environment] = command(folder);
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', output, output] });
  const stop = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  };
  const port = await portIn(log, child);
  return { port, cpuMs: () => cpuMs(child), residentMiB: () => residentMiB(child), stop };
}

async function portIn(log: string, child: ChildProcess): Promise<number> {
  for (let waited = 0; waited < 30_000 && child.exitCode === null; waited += 50) {
    const line = readFileSync(log, 'utf8')
      .split('\n')
      .find((text) => text.includes('"serving"') && text.endsWith('}'));
    if (line) return (JSON.parse(line) as { port: number }).port;
    await sleep(50);
  }
  throw new Error(`the server does not come up: ${readFileSync(log, 'utf8')}`);
}

/** The kernel counts in hundredths of a second. */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMiB({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
