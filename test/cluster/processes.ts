/** Processes of containers, as the node sees them. */
import { existsSync } from 'node:fs';
import { ctr, type OwnCluster } from './cluster.ts';
import type { Kubectl } from './kubectl.ts';
import { until } from './run.ts';

interface PodStatus {
  readonly status: Readonly<Partial<Record<'initContainerStatuses' | 'containerStatuses', readonly ContainerStatus[]>>>;
}

export interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

interface ContainerState {
  readonly running?: { readonly startedAt: string };
  readonly terminated?: Ended;
}

export interface Ended {
  readonly exitCode: number;
  readonly message?: string;
}

/** @throws Error where the kubelet has not told of it yet. */
export async function containerStatus(kubectl: Kubectl, pod: string, container: string): Promise<ContainerStatus> {
  const { status } = await kubectl.get<PodStatus>('pod', pod);
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const found = all.find(({ name }) => name === container);
  if (found === undefined) throw new Error(`${pod} has no status of a container ${container}`);
  return found;
}

/** The pid of a container's first process; waits until it runs. */
export async function containerPid(own: OwnCluster, kubectl: Kubectl, pod: string, container: string): Promise<number> {
  return await until(`process of ${pod}/${container}`, 30, async () => {
    const { containerID = '' } = await containerStatus(kubectl, pod, container);
    const id = containerID.replace('containerd://', '');
    const line = (await ctr(own, 'tasks', 'list')).split('\n').find((each) => each.startsWith(id) && id !== '');
    const [, pid, state] = line?.split(/\s+/) ?? [];
    return state === 'RUNNING' ? Number(pid) : undefined;
  });
}

/** @returns seconds from the signal to the end of the process. */
export async function endProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
  const start = performance.now();
  process.kill(pid, signal);
  while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 10));
  return (performance.now() - start) / 1000;
}
