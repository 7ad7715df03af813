import { isValid, signerOf } from './material.ts';
import type { Authority, Leaf, Material, Span } from './material.ts';
import type { Times } from './times.ts';

/**
 * What one replica does about certificates, as a pure function: (state, event, now) -> (state, actions). The shell
 * carries the actions out, in order, and feeds what came of each back as an event.
 */

export interface RotationState {
  /** The last good content of the Secret; outlives the Secret itself. */
  material?: Material;
  /** Every authority known since the start that has not ended: what is published. */
  trusted: readonly Trusted[];
  served?: Leaf;
  /** How long the bundles have been seen to hold all of `trusted`, without a gap. */
  settled: { key: string; ms: number; at: number };
  /** Ids of authorities that every bundle holds, as last seen. */
  published: readonly string[];
}

export interface Trusted extends Span {
  id: string;
  certificatePem: string;
}

export type SecretContent =
  | { kind: 'absent' }
  /** Nothing usable in it. */
  | { kind: 'corrupt' }
  /** Written by a later release: not ours to replace. */
  | { kind: 'newer' }
  | { kind: 'valid'; material: Material };

export type RotationEvent =
  /** Time has passed, or something may have changed. */
  | { kind: 'look' }
  /** The Secret as it is. `version` is absent where the Secret is. */
  | { kind: 'secret'; version?: string; content: SecretContent }
  | { kind: 'secret-unreadable' }
  /**
   * `found`: all bundles held all authorities already. `written`: now they do. `failed`: some do not. `published` is
   * absent where they could not be read.
   */
  | { kind: 'bundles'; outcome: 'found' | 'written' | 'failed'; published?: readonly string[] }
  /** The leaf has passed the guards and answers new handshakes. */
  | { kind: 'served'; leaf: Leaf };

export type Change =
  /** A first authority, or one where none is valid any more, and a leaf by it. */
  | { kind: 'begin' }
  | { kind: 'renew-leaf'; signer: string }
  | { kind: 'add-authority' }
  /** A leaf by the newest authority. */
  | { kind: 'switch'; signer: string }
  /** The material as it is in memory. */
  | { kind: 'restore' };

export type RotationAction =
  | { do: 'read-secret' }
  /** Compare-and-swap: onto that version, or a creation where there is none. */
  | { do: 'write-secret'; change: Change; base?: Material; version?: string }
  | { do: 'publish'; trusted: readonly Trusted[] }
  | { do: 'serve'; leaf: Leaf; trusted: readonly Trusted[] };

export interface Stepped {
  state: RotationState;
  actions: readonly RotationAction[];
}

export const INITIAL_STATE: RotationState = { trusted: [], settled: { key: '', ms: 0, at: 0 }, published: [] };

export function step(state: RotationState, event: RotationEvent, now: number, times: Times): Stepped {
  switch (event.kind) {
    case 'look':
      return { state: forgetEnded(state, now), actions: [{ do: 'read-secret' }] };
    case 'secret-unreadable':
      return { state, actions: publishing(state) };
    case 'secret':
      return onSecret(state, event.content, event.version, now, times);
    case 'bundles':
      return onBundles(state, event, now, times);
    case 'served':
      return { state: { ...state, served: event.leaf }, actions: [] };
    default:
      return event satisfies never;
  }
}

function onSecret(
  state: RotationState,
  content: SecretContent,
  version: string | undefined,
  now: number,
  times: Times,
): Stepped {
  if (content.kind === 'newer') return { state, actions: publishing(state) };
  const adopted = content.kind === 'valid' && !isRollback(content.material, state.material);
  const next = adopted ? adopt(state, content.material) : state;
  const change = adopted ? changeDue(next, now, times) : recovery(next.material, now);
  if (change === undefined) return { state: next, actions: publishing(next) };
  return { state: next, actions: [write(change, next.material, version)] };
}

function isRollback(seen: Material, known: Material | undefined): boolean {
  return known !== undefined && seen.epoch < known.epoch;
}

/** The Secret is gone or of no use: what this replica remembers goes back, and only where that is nothing, all is new. */
function recovery(known: Material | undefined, now: number): Change {
  const usable = known?.authorities.some((authority) => isValid(authority, now)) ?? false;
  return usable ? { kind: 'restore' } : { kind: 'begin' };
}

function write(change: Change, base: Material | undefined, version: string | undefined): RotationAction {
  return { do: 'write-secret', change, ...(base && { base }), ...(version !== undefined && { version }) };
}

function adopt(state: RotationState, material: Material): RotationState {
  const known = new Map<string, Trusted>(state.trusted.map((one) => [one.id, one]));
  for (const { id, certificatePem, notBefore, notAfter } of material.authorities) {
    known.set(id, { id, certificatePem, notBefore, notAfter });
  }
  return { ...state, material, trusted: [...known.values()] };
}

/** At most one change at a time: the next one is found when this one has been written and read. */
function changeDue(state: RotationState, now: number, times: Times): Change | undefined {
  const { material } = state;
  if (material === undefined) return undefined;
  const signer = signerOf(material, now);
  const newest = material.authorities.at(-1);
  if (signer === undefined || newest === undefined) return { kind: 'begin' };
  if (leafDue(material.leaf, signer, now, times)) return { kind: 'renew-leaf', signer: signer.id };
  if (material.phase === 'publish') return isSettled(state, times) ? { kind: 'switch', signer: newest.id } : undefined;
  return now >= newest.notAfter - times.authorityLife / 2 ? { kind: 'add-authority' } : undefined;
}

/** From half its life on, but only where a new one would last longer: under an ending authority it would not. */
function leafDue(leaf: Leaf | undefined, signer: Authority, now: number, { leafLife }: Times): boolean {
  if (leaf === undefined || !isValid(leaf, now)) return true;
  const gain = Math.min(now + leafLife, signer.notAfter) - leaf.notAfter;
  return now >= leaf.notAfter - leafLife / 2 && gain > 0;
}

function onBundles(
  state: RotationState,
  { outcome, published }: Extract<RotationEvent, { kind: 'bundles' }>,
  now: number,
  times: Times,
): Stepped {
  const settled = outcome === 'found' ? settleOn(state, now, times) : restartSettling(state, now);
  const next = { ...state, settled, published: published ?? state.published };
  const leaf = next.material?.leaf;
  const serving: RotationAction[] =
    leaf && mayServe(next, leaf, now, times) ? [{ do: 'serve', leaf, trusted: next.trusted }] : [];
  return { state: next, actions: serving };
}

/** Adds the time since the last look, at most two looks' worth: a clock that jumps must not shorten the wait. */
function settleOn(state: RotationState, now: number, { look }: Times): RotationState['settled'] {
  const { settled } = state;
  if (settled.key !== keyOf(state)) return restartSettling(state, now);
  const passed = Math.min(Math.max(now - settled.at, 0), 2 * look);
  return { ...settled, ms: settled.ms + passed, at: now };
}

function restartSettling(state: RotationState, now: number): RotationState['settled'] {
  return { key: keyOf(state), ms: 0, at: now };
}

function isSettled(state: RotationState, { settle }: Times): boolean {
  return state.settled.key === keyOf(state) && state.settled.ms >= settle;
}

function keyOf({ trusted }: RotationState): string {
  return trusted.map(({ id }) => id).join();
}

/** A leaf by another authority than the served one's waits for the API servers, as long as the served one is any good. */
function mayServe(state: RotationState, leaf: Leaf, now: number, times: Times): boolean {
  const { served, published } = state;
  if (served?.id === leaf.id || !isValid(leaf, now)) return false;
  if (served === undefined || served.issuer === leaf.issuer) return true;
  const lasting = isValid(served, now) && now < served.notAfter - times.leafLife / 10;
  const cutOff = !published.includes(served.issuer) && published.includes(leaf.issuer);
  return !lasting || cutOff || isSettled(state, times);
}

function publishing({ trusted }: RotationState): RotationAction[] {
  return trusted.length === 0 ? [] : [{ do: 'publish', trusted }];
}

function forgetEnded(state: RotationState, now: number): RotationState {
  return { ...state, trusted: state.trusted.filter(({ notAfter }) => now < notAfter) };
}
