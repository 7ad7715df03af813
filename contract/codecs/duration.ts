import { accept, refuse } from './codec.ts';
import type { Codec } from './codec.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WHOLE = /^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Timers of Node overflow beyond 24.8 days. */
const LONGEST_MS = 24 * 86_400_000;

/** Milliseconds from `1s`, `5m`, `1h30m`; at least `leastMs`. */
export function duration(leastMs: number): Codec<number> {
  return {
    syntax: 'duration: `30s`, `5m`, `1h30m`',
    decode: (text) => {
      if (text.length > 40 || !WHOLE.test(text)) return refuse('must be a duration such as 30s, 5m or 1h30m');
      const ms = milliseconds(text);
      if (ms < leastMs) return refuse(`must be at least ${leastMs / 1000}s`);
      return ms > LONGEST_MS ? refuse('must be at most 24d') : accept(ms);
    },
  };
}

function milliseconds(text: string): number {
  let ms = 0;
  for (const [, amount, unit = ''] of text.matchAll(PART)) ms += Number(amount) * (UNIT_MS[unit] ?? 0);
  return Math.round(ms);
}
