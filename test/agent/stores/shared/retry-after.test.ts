import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../../agent/stores/shared/retry-after.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['7', 7000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:01:30 GMT', 90_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
  ])('"%s" means %s ms', (value, milliseconds) => {
    expect(retryAfterMs({ 'retry-after': value }, NOW)).toBe(milliseconds);
  });

  it('may be absent', () => {
    expect(retryAfterMs({}, NOW)).toBeUndefined();
  });
});
