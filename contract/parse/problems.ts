import type { Problem } from '../request.ts';
import { clean } from '../text.ts';

/** More than that nobody reads. */
const TOLD = 50;

export interface Problems {
  /** A message that costs work to make is given as a function: only those that are told are made. */
  readonly add: (where: string, message: string | (() => string)) => void;
  readonly count: () => number;
  readonly told: () => readonly Problem[];
}

export function collectProblems(): Problems {
  const told: Problem[] = [];
  let count = 0;
  return {
    add: (where, message) => {
      count++;
      if (told.length >= TOLD) return;
      told.push({ where: clean(where, 200), message: clean(typeof message === 'string' ? message : message(), 400) });
    },
    count: () => count,
    told: () => told,
  };
}
