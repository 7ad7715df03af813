/** What a cluster leaves in the kernel: its Pods' processes, mounts and cgroups. All carry its name or its folder. */
import { existsSync, readFileSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outcome } from './run.ts';

const CGROUPS = '/sys/fs/cgroup';

/** The cgroup of that name: one per controller (v1) or the one (v2). */
function cgroupFolders(name: string): string[] {
  if (existsSync(join(CGROUPS, 'cgroup.controllers'))) return [join(CGROUPS, name)];
  return readdirSync(CGROUPS)
    .filter((controller) => statSync(join(CGROUPS, controller)).isDirectory())
    .map((controller) => join(CGROUPS, controller, name));
}

export async function createCgroups(name: string): Promise<void> {
  await Promise.all(cgroupFolders(name).map((folder) => mkdir(folder, { recursive: true })));
}

/** Ends every process of the cluster's Pods, and the shims that wait for them. */
export async function endPodProcesses(name: string, containerdSocket: string): Promise<void> {
  const pids = new Set(cgroupFolders(name).flatMap(processesOf));
  for (const pid of await shims(containerdSocket)) pids.add(pid);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}

function processesOf(cgroup: string): number[] {
  if (!existsSync(cgroup)) return [];
  const own = readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  return [...own, ...children(cgroup).flatMap(processesOf)];
}

/** A shim's command line names the socket of the containerd that it belongs to. */
async function shims(containerdSocket: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  const ours = (line: string) => line.includes('containerd-shim') && line.split('\0').includes(containerdSocket);
  return pids.filter((_, i) => ours(lines[i] ?? '')).map(Number);
}

export function removeCgroups(name: string): void {
  for (const folder of cgroupFolders(name)) removeCgroup(folder);
}

function removeCgroup(folder: string): void {
  if (!existsSync(folder)) return;
  children(folder).forEach(removeCgroup);
  rmdirSync(folder);
}

function children(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

/** Innermost first: later lines lie on earlier ones. */
export async function unmountBelow(folder: string): Promise<void> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const points = mounts.split('\n').map((line) => line.split(' ')[1] ?? '');
  const below = points.filter((point) => point.startsWith(`${folder}/`)).reverse();
  for (const point of below) await outcome(['umount', '--lazy', point]);
}
