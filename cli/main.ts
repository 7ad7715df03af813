/** `secrets-inject <verb>`: the process; each verb only gets what it may touch of it. */
import { demo } from './demo.ts';

const USAGE = 'usage: secrets-inject demo [--cluster]';

async function main([verb, ...args]: readonly string[]): Promise<number> {
  switch (verb) {
    case 'demo':
      return demo({
        args,
        write: (text) => void process.stdout.write(text),
        colours: process.stdout.isTTY && process.stdout.hasColors(),
        agentCommand: [process.execPath, process.argv[1] ?? '', 'agent'],
      });
    case 'agent':
      return runAgent();
    default:
      process.stderr.write(`${USAGE}\n`);
      return 2;
  }
}

/** The agent of the demo, out of the same file: it reads the arguments and the environment, and ends the process. */
async function runAgent(): Promise<number> {
  process.argv.splice(2, 1);
  await import('../agent/main.ts');
  return new Promise<number>(() => undefined);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`secrets-inject: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
