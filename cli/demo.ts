/** `secrets-inject demo`: one annotated Pod from admission to a lost store, on this machine or on a cluster. */
import { parseArgs } from 'node:util';
import { DemoFailure } from './demo/check.ts';
import { runClusterDemo, STORE_ADDRESS } from './demo/cluster.ts';
import { runLocalDemo } from './demo/local.ts';
import { createScreen } from './demo/screen.ts';
import { EXIT_DONE, EXIT_NO, UsageError, type Run } from './verb.ts';

const HELP = `usage: secrets-inject demo [--cluster [--store URL] [--release NAME]]
Without options nothing but Node is needed: webhook, store and agent run on loopback addresses of this machine.
  --cluster       on the current kube context, with the webhook that is installed there; needs kubectl
  --store URL     of the store's Service (${STORE_ADDRESS}); its host may be a cluster address that is free
  --release NAME  of the webhook configuration (secrets-inject)
`;

export interface Machine {
  readonly colours: boolean;
  /** The agent's program and its first arguments. */
  readonly agentCommand: readonly string[];
}

/** The verb on this machine. Its exit code is 0 only if every step really happened. */
export function demoOn({ colours, agentCommand }: Machine): Run {
  return async (args, { write }) => {
    const options = readOptions(args);
    if (options.help) {
      write(HELP);
      return EXIT_DONE;
    }
    const screen = createScreen(write, colours);
    const start = performance.now();
    try {
      if (options.cluster) await runClusterDemo({ screen, address: options.store, release: options.release });
      else await runLocalDemo({ screen, agentCommand });
    } catch (error) {
      screen.failure(error instanceof DemoFailure ? error.message : `unexpected: ${String(error)}`);
      return EXIT_NO;
    }
    screen.summary(`All of this happened, in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
    return EXIT_DONE;
  };
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  cluster: { type: 'boolean', default: false },
  store: { type: 'string', default: STORE_ADDRESS },
  release: { type: 'string', default: 'secrets-inject' },
} as const;

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'bad arguments'} (demo --help tells more)`);
  }
}
