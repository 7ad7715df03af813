/** Start to secret written, whole process, beside `vault agent` at the same server; and what a staying agent holds. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAwsFixture } from '../stores/aws-fixture.ts';
import { freshName } from '../stores/reading.ts';
import { startVaultFixture } from '../stores/vault-fixture.ts';
import { buildAgent, ours, scratchFolder, timeOnce, vaultAgent, type Program } from './agent-programs.ts';
import { start, startStopwatch } from './stopwatch.ts';
import { median, printTable } from './table.ts';

const ROUNDS = 15;
const WARM_UP = 2;
/** Long enough for some refreshes, which come every second. */
const STAY_MS = 6000;
const GOAL = 0.8;
const SECRET = 'a secret of the bench';

/** @returns whether the goal is met */
export async function benchAgent(): Promise<boolean> {
  const [vault, aws] = [await startVaultFixture(), await startAwsFixture()];
  const scratch = await scratchFolder();
  try {
    const bundle = await buildAgent(scratch);
    const { auth } = vault.config;
    if (auth.method !== 'approle') throw new Error('the bench logs in by AppRole');
    const name = freshName();
    await vault.server.api('POST', `${vault.v2}/data/${name}`, { data: { value: SECRET } });
    await aws.write(name, Buffer.from(SECRET));
    const path = `${vault.v2}/${name}`;
    const theirs = await vaultAgent(vault.server.address, auth, `${vault.v2}/data/${name}`);
    const mine = ours('secrets-inject, Vault', bundle, vault.config, path);
    const programs = [mine, theirs, ours('secrets-inject, AWS', bundle, aws.config, name)];
    const times = await inTurn(programs, scratch);
    const memory = await memoryOf(programs, scratch);
    return report(programs, times, memory);
  } finally {
    await rm(scratch, { recursive: true });
    await Promise.all([vault.stop(), aws.stop()]);
  }
}

async function inTurn(programs: readonly Program[], scratch: string): Promise<number[][]> {
  const times: number[][] = programs.map(() => []);
  const stopwatch = startStopwatch();
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const i of programs.keys()) {
      // Another one begins each round: what ran just before has a part in what comes next.
      const turn = (i + round + WARM_UP) % programs.length;
      const program = programs[turn];
      const took = program ? await timeOnce(program, stopwatch, scratch, SECRET) : Number.NaN;
      if (round >= 0) times[turn]?.push(took);
    }
  }
  stopwatch.stop();
  return times;
}

/** MiB that belong to each process alone, while it stays and refreshes. */
async function memoryOf(programs: readonly Program[], scratch: string): Promise<number[]> {
  const staying = await Promise.all(
    programs.map(async (program) => {
      const { command, file } = await program.prepare(await mkdtemp(join(scratch, 'stay-')), true);
      return { child: start(command), file };
    }),
  );
  await sleep(STAY_MS);
  const memory = await Promise.all(staying.map(({ child, file }) => anonymousMiB(child.pid ?? 0, file)));
  for (const { child } of staying) child.kill('SIGTERM');
  await Promise.all(staying.map(({ child }) => once(child, 'exit')));
  return memory;
}

async function anonymousMiB(pid: number, file: string): Promise<number> {
  if ((await readFile(file, 'utf8')) !== SECRET) throw new Error(`${file} is not the secret`);
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Anonymous:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

function report(programs: readonly Program[], times: readonly number[][], memory: readonly number[]): boolean {
  printTable(
    `Start to secret written, whole process, ${ROUNDS} rounds in turn; private memory while staying`,
    programs.map(({ name }, i) => ({
      program: name,
      'best ms': Math.min(...(times[i] ?? [])).toFixed(0),
      'median ms': median(times[i] ?? []).toFixed(0),
      'worst ms': Math.max(...(times[i] ?? [])).toFixed(0),
      'memory MiB': (memory[i] ?? 0).toFixed(1),
    })),
  );
  const [mine = [], theirs = []] = times;
  const ratio = median(mine.map((time, round) => time / (theirs[round] ?? 1)));
  printTable('secrets-inject against vault agent', [
    { what: 'start to secret, Vault (median of rounds)', ratio: ratio.toFixed(2), goal: `<= ${GOAL.toFixed(2)}` },
  ]);
  return ratio <= GOAL;
}
