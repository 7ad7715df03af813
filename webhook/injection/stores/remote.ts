/** Addresses of stores: what an annotation names must be on the operator's list. */
import { addressProblem, findAddress } from '../../addresses.ts';

interface Entry {
  readonly url: string;
  readonly ca?: string | undefined;
  readonly development: boolean;
}

export type Listed<E> = { readonly entry: E } | { readonly problem: string };

/** @param list name of the list in the operator's configuration */
export function listedAddress<E extends Entry>(entries: readonly E[], address: string, list: string): Listed<E> {
  const entry = findAddress(entries, address);
  const reason = addressProblem(address, entry?.development ?? false);
  if (reason) return { problem: `${address} ${reason}` };
  return entry ? { entry } : { problem: `${address} is not on the operator's list: ask for it to be added to ${list}` };
}

/** What the agent must know of a listed address. */
export function trustOf({ ca, development }: Entry): { caPem?: string; allowLoopback?: true } {
  return { ...(ca !== undefined && { caPem: ca }), ...(development && { allowLoopback: true as const }) };
}
