/**
 * The network of one cluster: a namespace of its own, without any way out. Addresses and ports inside are therefore
 * free by construction. (Not `ip netns exec`: that remounts /sys, and the kubelet no longer finds its cgroups.)
 */
import { existsSync } from 'node:fs';
import { outcome, run } from './run.ts';

export const NODE_ADDRESS = '10.88.0.1';

const handle = (name: string) => `/run/netns/${name}`;

/** Puts a command into the namespace. */
export function inside(name: string, command: readonly string[]): string[] {
  return ['nsenter', `--net=${handle(name)}`, ...command];
}

/** An empty bridge carries the node's address and the default route, so that Service addresses reach the rules. */
export async function createNetwork(name: string): Promise<void> {
  await run(['ip', 'netns', 'add', name]);
  const steps = [
    ['ip', 'link', 'set', 'lo', 'up'],
    ['ip', 'link', 'add', 'node0', 'type', 'bridge'],
    ['ip', 'address', 'add', `${NODE_ADDRESS}/24`, 'dev', 'node0'],
    ['ip', 'link', 'set', 'node0', 'up'],
    ['ip', 'route', 'add', 'default', 'via', '10.88.0.254', 'dev', 'node0'],
    ['sysctl', '-qw', 'net.ipv4.ip_forward=1'],
  ];
  for (const step of steps) await run(inside(name, step));
}

export async function deleteNetwork(name: string): Promise<void> {
  if (existsSync(handle(name))) await outcome(['ip', 'netns', 'delete', name]);
}
