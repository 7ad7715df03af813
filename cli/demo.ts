/** `secrets-inject demo`: one annotated Pod from admission to a lost store, on this machine or on a cluster. */
import { parseArgs } from 'node:util';
import { DemoFailure } from './demo/check.ts';
import { runLocalDemo } from './demo/local.ts';
import { createScreen } from './demo/screen.ts';
import { EXIT_DONE, EXIT_NO, UsageError, type Run } from './verb.ts';

const HELP = `usage: secrets-inject demo
Nothing but Node is needed: webhook, store and agent run on loopback addresses of this machine.
`;

export interface Machine {
  readonly colours: boolean;
  /** The agent's program and its first arguments. */
  readonly agentCommand: readonly string[];
}

/** The verb on this machine. Its exit code is 0 only if every step really happened. */
export function demoOn({ colours, agentCommand }: Machine): Run {
  return async (args, { write }) => {
    if (readOptions(args).help) {
      write(HELP);
      return EXIT_DONE;
    }
    const screen = createScreen(write, colours);
    const start = performance.now();
    try {
      await runLocalDemo({ screen, agentCommand });
    } catch (error) {
      screen.failure(error instanceof DemoFailure ? error.message : `unexpected: ${String(error)}`);
      return EXIT_NO;
    }
    screen.summary(`All of this happened, in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
    return EXIT_DONE;
  };
}

const OPTIONS = { help: { type: 'boolean', short: 'h', default: false } } as const;

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'bad arguments'} (demo --help tells more)`);
  }
}
