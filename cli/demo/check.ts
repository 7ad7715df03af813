/** What the demo claims, it has looked at: a claim that is not so ends it. */
import { setTimeout as sleep } from 'node:timers/promises';

export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

export function must(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new DemoFailure(`this should be so and is not: ${claim}`);
}

const LOOK_EVERY_MS = 50;

/** @param look truthy as soon as the claim is true; may reject as long as it is not */
export async function eventually<T>(
  claim: string,
  timeoutMs: number,
  look: () => T | Promise<T>,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await attempt(look);
    if (found) return found;
    must(performance.now() < deadline, claim);
    await sleep(LOOK_EVERY_MS);
  }
}

async function attempt<T>(look: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch {
    return undefined;
  }
}
