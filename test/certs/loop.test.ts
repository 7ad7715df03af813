import { describe, expect, it } from 'vitest';
import { startLoop } from '../../certs/loop.ts';
import { until } from './support/replica.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a loop', () => {
  it('runs at once, and again each period', async () => {
    let runs = 0;
    const loop = startLoop(async () => ((runs += 1), true), 20);

    await until('five runs', () => runs >= 5);
    await loop.stop();
    const before = runs;
    await pause(60);

    expect(runs).toBe(before);
  });

  it('runs soon when asked, once for many asking, and never twice at once', async () => {
    let [runs, inside, most] = [0, 0, 0];
    const run = async () => {
      runs += 1;
      inside += 1;
      most = Math.max(most, inside);
      await pause(30);
      inside -= 1;
      return true;
    };
    const loop = startLoop(run, 60_000);

    for (let i = 0; i < 20; i += 1) {
      loop.trigger();
      await pause(10);
    }
    await until('it is quiet', () => inside === 0);
    await loop.stop();

    expect(most).toBe(1);
    expect(runs).toBeGreaterThanOrEqual(2);
    expect(runs).toBeLessThanOrEqual(4);
  });

  it.each([
    ['says that not all was well', () => Promise.resolve(false)],
    ['throws', () => Promise.reject(new Error('broken'))],
  ])('tries again sooner when a run %s', async (_, answer) => {
    const runs: number[] = [];
    const loop = startLoop(() => {
      runs.push(Date.now());
      return answer();
    }, 60_000);

    await until('a second run', () => runs.length === 2);
    await loop.stop();

    expect((runs[1] ?? 0) - (runs[0] ?? 0)).toBeLessThan(1500);
  });

  it('waits at its stop for the run that is under way', async () => {
    let ended = false;
    const loop = startLoop(async () => {
      await pause(50);
      ended = true;
      return true;
    }, 1000);

    await loop.stop();

    expect(ended).toBe(true);
  });
});
