import { describe, expect, it } from 'vitest';
import { backOff, FIRST_SET, jitter, LATER, timeLeft } from '../../agent/schedule.ts';

describe('the schedule', () => {
  it('spreads an interval by a tenth to both sides', () => {
    expect([0, 0.5, 1].map((chance) => jitter(10_000, () => chance))).toEqual([9_000, 10_000, 11_000]);
  });

  it('doubles the pause with each failure up to a limit, and never waits less than half of it', () => {
    const pauses = [1, 2, 3, 4, 5, 99].map((failures) => backOff(FIRST_SET, failures, () => 1));

    expect(pauses).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
    expect(backOff(FIRST_SET, 1, () => 0)).toBe(125);
    expect(backOff(LATER, 1_000_000, () => 1)).toBe(300_000);
  });

  it('waits at least as long as the store asks for, within an hour', () => {
    expect(backOff(FIRST_SET, 1, () => 0, 7_000)).toBe(7_000);
    expect(backOff(FIRST_SET, 1, () => 0, Infinity)).toBe(3_600_000);
  });

  it('is due at the earliest of all times', () => {
    expect(timeLeft([5_000, 3_000], 1_000, 1_000)).toBe(2_000);
    expect(timeLeft([500, 3_000], 1_000, 1_000)).toBe(0);
  });

  it('is due now when the clock was set back by a day', () => {
    expect(timeLeft([86_400_000], 60_000, 0)).toBe(0);
  });
});
