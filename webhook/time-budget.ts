/** How long the API server waits for an answer: it says so in the `timeout` parameter, as Go writes durations. */

const DEFAULT_MS = 10_000;
const MAX_MS = 30_000;
/** For the way back. */
const RESERVE_MS = 200;

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds for the work, less a reserve. What is absent or not a duration counts as the default of Kubernetes. */
export function timeBudget(url: string): number {
  // An API server asks with the same one again and again.
  if (url !== last.url) last = { url, budgetMs: budgetOf(url) };
  return last.budgetMs;
}

let last = { url: '', budgetMs: DEFAULT_MS - RESERVE_MS };

function budgetOf(url: string): number {
  const given = /[?&]timeout=([^&#]*)/.exec(url)?.[1];
  const wanted = given === undefined ? undefined : goDuration(given);
  const total = Math.min(wanted ?? DEFAULT_MS, MAX_MS);
  return Math.max(total - RESERVE_MS, total / 2);
}

function goDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g))
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  return total > 0 ? total : undefined;
}
