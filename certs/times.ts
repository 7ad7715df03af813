/** How long things last, in milliseconds. */

export interface Times {
  leafLife: number;
  authorityLife: number;
  /** How far back a certificate's begin lies, for clients whose clock is behind. */
  backdate: number;
  /** How long a bundle must have been seen complete before anything new that it vouches for is served. */
  settle: number;
  /** How often the clock and the cluster are looked at, at the latest. No timer is longer. */
  look: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** API servers re-read everything each 10 minutes at the latest: `settle` is two of these rounds and some. */
export const DEFAULT_TIMES: Times = {
  leafLife: 30 * DAY,
  authorityLife: 730 * DAY,
  backdate: HOUR,
  settle: 25 * MINUTE,
  look: MINUTE,
};

/** Throws on a set of times under which certificates could end in service. */
export function checkedTimes(given: Partial<Times>): Times {
  const times = { ...DEFAULT_TIMES, ...given };
  const problem = timesProblem(times);
  if (problem !== undefined) throw new RangeError(`certificate times make no sense: ${problem}`);
  return times;
}

function timesProblem({ leafLife, authorityLife, backdate, settle, look }: Times): string | undefined {
  const all = [leafLife, authorityLife, backdate, settle, look];
  if (!all.every((time) => Number.isSafeInteger(time) && time >= 0))
    return 'each must be whole milliseconds, not negative';
  if (look < 1 || look > MINUTE) return 'the clock must be looked at at least once a minute';
  if (leafLife > authorityLife / 4) return 'a leaf may last a quarter of its authority at most';
  if (settle + 10 * look > leafLife / 4)
    return 'a quarter of the life of a leaf must hold the wait for API servers and ten looks';
  return undefined;
}
