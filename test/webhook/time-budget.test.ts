import { describe, expect, it } from 'vitest';
import { timeBudget } from '../../webhook/time-budget.ts';

describe('the time for an answer', () => {
  it.each([
    ['/mutate?timeout=10s', 9800],
    ['/mutate?timeout=5s', 4800],
    ['/mutate?a=b&timeout=2s', 1800],
    ['/mutate?timeout=1m30s', 29_800],
    ['/mutate?timeout=1h0m0s', 29_800],
    ['/mutate?timeout=2.5s', 2300],
    ['/mutate?timeout=300ms', 150],
  ])('is what the API server waits, less a reserve: %s', (url, expected) => {
    expect(timeBudget(url)).toBe(expected);
  });

  it.each([
    '/mutate',
    '/mutate?timeout=',
    '/mutate?timeout=0s',
    '/mutate?timeout=-1s',
    '/mutate?timeout=x',
    '/mutate?timeout=5',
    '/?x#timeout=1s',
  ])('is that of Kubernetes where %s says nothing of use', (url) => {
    expect(timeBudget(url)).toBe(9800);
  });
});
