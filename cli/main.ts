/** `secrets-inject <verb>`: the process. Each verb is loaded when it is asked for, and gets what it may touch of it. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { EXIT_DONE, EXIT_NO, EXIT_USAGE, UsageError, type Console, type Run } from './verb.ts';

interface Verb {
  /** Absent: for our own use, not told. */
  readonly summary?: string;
  readonly load: () => Promise<Run>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  render: {
    summary: 'print the injected objects, exactly as the webhook would make them',
    load: async () => (await import('./render.ts')).run,
  },
  demo: {
    summary: 'show all of it on this machine, or with --cluster on the current kube context',
    load: async () => {
      const { demoOn } = await import('./demo.ts');
      const colours = process.stdout.isTTY && process.stdout.hasColors();
      return demoOn({ colours, agentCommand: [process.execPath, process.argv[1] ?? '', 'agent'] });
    },
  },
  /** The agent of the demo, out of the same file: it reads the arguments and the environment, and ends the process. */
  agent: {
    load: async () => {
      process.argv.splice(2, 1);
      await import('../agent/main.ts');
      return () => new Promise<number>(() => undefined);
    },
  },
};

const console: Console = {
  write: (text) => void process.stdout.write(text),
  tell: (line) => void process.stderr.write(`${line}\n`),
  read: (path) => (path === '-' ? text(process.stdin) : readFile(path, 'utf8')),
};

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    console.write(usage());
    return EXIT_DONE;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb) return runVerb(name, verb, args);
  console.tell(`secrets-inject: there is no verb ${JSON.stringify(name)}\n${usage()}`);
  return EXIT_USAGE;
}

async function runVerb(name: string, verb: Verb, args: readonly string[]): Promise<number> {
  try {
    const run = await verb.load();
    return await run(args, console);
  } catch (error) {
    console.tell(`secrets-inject ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_NO;
  }
}

function usage(): string {
  const lines = Object.entries(VERBS).flatMap(([name, { summary }]) =>
    summary ? [`  ${name.padEnd(8)} ${summary}`] : [],
  );
  return `usage: secrets-inject <verb> [options]; <verb> --help tells more\n${lines.join('\n')}\n`;
}

// What is written may still be on its way into a pipe.
void main(process.argv.slice(2)).then((code) => process.stdout.write('', () => process.exit(code)));
