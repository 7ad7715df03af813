/** `secrets-inject demo`: one annotated Pod from admission to a lost store, on this machine or on a cluster. */
import { DemoFailure } from './demo/check.ts';
import { runLocalDemo } from './demo/local.ts';
import { createScreen } from './demo/screen.ts';

export interface DemoOptions {
  readonly write: (text: string) => void;
  readonly colours: boolean;
  /** The agent's program and its first arguments. */
  readonly agentCommand: readonly string[];
}

/** @returns the exit code: 0 only if every step really happened */
export async function demo({ write, colours, agentCommand }: DemoOptions): Promise<number> {
  const screen = createScreen(write, colours);
  const start = performance.now();
  try {
    await runLocalDemo({ screen, agentCommand });
  } catch (error) {
    screen.failure(error instanceof DemoFailure ? error.message : `unexpected: ${String(error)}`);
    return 1;
  }
  screen.summary(`All of this happened, in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
  return 0;
}
