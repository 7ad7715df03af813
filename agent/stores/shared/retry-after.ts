import type { IncomingHttpHeaders } from 'node:http';

/** Milliseconds that `Retry-After` asks for, be it seconds or a date; undefined where absent or not understood. */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // `Date.parse` takes nearly anything for a date; HTTP knows one form.
  const date = value.endsWith('GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
