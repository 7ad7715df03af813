/** When to read again. Pure: time and chance come in as arguments. All times in milliseconds. */

const HOUR = 3_600_000;

export interface BackOff {
  readonly base: number;
  readonly cap: number;
}

/** While nothing is there yet, every second counts. */
export const FIRST_SET: BackOff = { base: 250, cap: 2_000 };

/** With a good set in place, the store may take its time to come back. */
export const LATER: BackOff = { base: 1_000, cap: 300_000 };

/** ±10 %, so that Pods which started together drift apart. */
export function jitter(interval: number, random: () => number): number {
  return Math.round(interval * (0.9 + 0.2 * random()));
}

/** Half to whole of base · 2^failures; at least what the store asked for. `failures` counts from 1. */
export function backOff({ base, cap }: BackOff, failures: number, random: () => number, retryAfter = 0): number {
  const full = Math.min(cap, base * 2 ** Math.min(failures - 1, 30));
  return Math.max(Math.round(full * (0.5 + random() / 2)), Math.min(retryAfter, HOUR));
}

/** Time from now to the earliest due time; one that no schedule can have made (the clock was set back) is due now. */
export function timeLeft(dueTimes: Iterable<number>, interval: number, now: number): number {
  const earliest = Math.min(...dueTimes) - now;
  return earliest > interval * 1.1 + HOUR ? 0 : Math.max(0, earliest);
}
