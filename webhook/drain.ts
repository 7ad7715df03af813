/**
 * The end of a replica, such that no request is lost: the API server goes on using open connections for a while after
 * the endpoint has gone, so serving goes on until nobody has asked for some time.
 */
import type { Server } from 'node:http';
import { watchUnused } from './unused-connections.ts';

export interface DrainTimes {
  /** At least this long, for the endpoint's removal to arrive everywhere. */
  readonly minimumMs: number;
  /** Without any request, before idle connections are closed. */
  readonly quietMs: number;
  /** Then the end, whatever goes on. */
  readonly maximumMs: number;
}

export interface Drain {
  readonly started: boolean;
  /** Turns readiness off and asks every peer to leave; resolves when nothing is served any more. */
  start(): Promise<void>;
}

const CHECK_MS = 50;

export function createDrain(server: Server, times: DrainTimes): Drain {
  let lastRequest = 0;
  let begun: Promise<void> | undefined;
  server.on('request', () => (lastRequest = performance.now()));
  const endUnused = watchUnused(server);
  return {
    get started() {
      return begun !== undefined;
    },
    start: () => (begun ??= drain(server, times, () => lastRequest, endUnused)),
  };
}

async function drain(
  server: Server,
  times: DrainTimes,
  lastRequest: () => number,
  endUnused: () => void,
): Promise<void> {
  // Nobody could have come.
  if (!server.listening) return;
  const start = performance.now();
  await until(() => {
    const now = performance.now();
    const quiet = now - Math.max(start, lastRequest()) >= times.quietMs;
    return (now - start >= times.minimumMs && quiet) || now - start >= times.maximumMs;
  });
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  endUnused();
  const rest = setTimeout(
    () => server.closeAllConnections(),
    Math.max(times.quietMs, start + times.maximumMs - performance.now()),
  );
  await closed;
  clearTimeout(rest);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
}
