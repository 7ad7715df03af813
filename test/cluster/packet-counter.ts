/** Counts packets of a cluster's network in the kernel: no program that sends one can be missed. */
import type { OwnCluster } from './cluster.ts';
import { inside } from './network.ts';
import { outcome, run } from './run.ts';

export interface PacketCounter {
  count(): Promise<number>;
  stop(): Promise<void>;
}

/** What Pods send, and what the node itself sends. */
const WAYS = ['FORWARD', 'OUTPUT'];

/** @param matches as iptables takes them; a packet that fits two of them counts twice. */
export async function countPackets(
  own: OwnCluster,
  chain: string,
  matches: readonly (readonly string[])[],
): Promise<PacketCounter> {
  const iptables = (...args: readonly string[]) => inside(own.name, ['iptables', '-w', ...args]);
  const stop = async () => {
    for (const way of WAYS) await outcome(iptables('-D', way, '-j', chain));
    for (const verb of ['-F', '-X']) await outcome(iptables(verb, chain));
  };
  await stop();
  await run(iptables('-N', chain));
  for (const match of matches) await run(iptables('-A', chain, ...match));
  for (const way of WAYS) await run(iptables('-I', way, '-j', chain));
  return { count: async () => packets(await run(iptables('-nvxL', chain))), stop };
}

/** The first column below the two lines of the heading. */
function packets(listing: string): number {
  const rules = listing.trim().split('\n').slice(2);
  return rules.reduce((sum, rule) => sum + Number(rule.trim().split(/\s+/, 1)[0]), 0);
}
