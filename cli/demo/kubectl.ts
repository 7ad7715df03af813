/** kubectl from the path, on the current context. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { DemoFailure } from './check.ts';

/** @returns standard output. Rejects with what kubectl itself says. */
export function kubectl(...args: readonly string[]): Promise<string> {
  return run(args, '');
}

/** The object as the API server gives it: the caller says what to expect of it. */
export async function getObject(kind: string, name: string, namespace?: string): Promise<unknown> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  return JSON.parse(await kubectl('get', kind, name, ...where, '-o', 'json'));
}

export async function apply(items: readonly object[]): Promise<void> {
  await run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

async function run(args: readonly string[], input: string): Promise<string> {
  const child = spawn('kubectl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const exit = once(child, 'exit').catch(() => {
    throw new DemoFailure('kubectl is not on the path: it is needed for --cluster');
  });
  // What it does not want to read is told by its exit code.
  child.stdin.on('error', () => undefined).end(input);
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  if (code !== 0) throw new DemoFailure(`kubectl ${args.slice(0, 4).join(' ')}: ${errors.trim()}`);
  return output;
}
