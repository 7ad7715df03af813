import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, ['cli/main.ts', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: code as unknown };
}

function workspaces(): string[] {
  return readdirSync('/dev/shm').filter((name) => name.startsWith('secrets-inject-demo-'));
}

describe('secrets-inject demo', () => {
  it('shows the whole road of a secret in under 30 seconds, in plain text, and leaves nothing behind', async () => {
    const before = workspaces();
    const start = performance.now();

    const { stdout, stderr, code } = await run('demo');

    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: expect.stringContaining('All of this') });
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(stdout.match(/^\d\. .*$/gm)).toEqual([
      '1. A development store',
      '2. The webhook, over TLS',
      '3. A Pod that asks for two files',
      '4. The same Pod after admission, sent as an API server does',
      "5. The agent, started from the Pod's own message",
      '6. The secret changes in the store',
      '7. The store is killed',
      '8. The Pod ends',
    ]);
    expect(stdout).not.toContain('\u001B');
    expect(workspaces()).toEqual(before);
  }, 40_000);

  it('refuses an option that it does not know', async () => {
    const { stderr, code } = await run('demo', '--clutser');

    expect(code).toBe(2);
    expect(stderr).toContain('--clutser');
  });
});
