import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeAgentConfig, type AgentConfig, type FileConfig } from '../../contract/agent-config.ts';
import { file, makeConfig, makeWorkspace, type Workspace } from './support.ts';

const CANARY = 'canary/s3cr3t+"&';

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Exit code, and how long it took from the call on. */
  readonly end: () => Promise<{ code: number | null; milliseconds: number }>;
}

function start(workspace: Workspace, verb: string, config: AgentConfig | undefined): Started {
  const message =
    config === undefined ? [] : encodeAgentConfig(config).map(({ name, value }) => [name, value] as const);
  writeFileSync(workspace.environment['SECRETS_INJECT_TERMINATION_LOG'] ?? '', '');
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../agent/main.ts'), verb], {
    env: { ...workspace.environment, ...Object.fromEntries(message) },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const chunks: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const exit = once(child, 'close');
  const end = async () => {
    const before = Date.now();
    const [code] = (await exit) as [number | null];
    return { code, milliseconds: Date.now() - before };
  };
  return { child, output: () => chunks.join(''), end };
}

function fileConfig(workspace: Workspace, files: readonly FileConfig[], rest: Partial<AgentConfig> = {}): AgentConfig {
  return makeConfig(files, { stores: { file: { backend: 'file', root: join(workspace.root, 'secrets') } }, ...rest });
}

function putSecret(workspace: Workspace, name: string, content: string | Buffer): void {
  writeFileSync(join(workspace.root, 'secrets', name), content);
}

const lastWords = (workspace: Workspace): string => readFileSync(join(workspace.root, 'termination-log'), 'utf8');

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 8_000; Date.now() < end;) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not happen within 8 s');
}

describe('the agent as a process', () => {
  it('writes the files and ends with 0', async () => {
    const workspace = makeWorkspace();
    putSecret(workspace, 'db', '{"id":9007199254740993}');

    const { code } = await start(workspace, 'init', fileConfig(workspace, [file('id', 'file:db#id')])).end();

    expect(code).toBe(0);
    expect(workspace.read('id')).toBe('9007199254740993');
    expect(existsSync(join(workspace.root, 'state/ready'))).toBe(true);
    expect(lastWords(workspace)).toBe('');
  });

  it('says in log, termination message and exit code what is missing', async () => {
    const workspace = makeWorkspace();

    const { end, output } = start(workspace, 'refresh', fileConfig(workspace, [file('id', 'file:db#id')]));

    expect((await end()).code).toBe(70);
    expect(lastWords(workspace)).toMatch(/^file:db#id: .*not exist/);
    const line = JSON.parse(output()) as Record<string, unknown>;
    expect(line).toMatchObject({ level: 50, msg: lastWords(workspace), exit: 'missing', code: 70 });
  });

  it.each([
    ['no message', 'init', undefined, /was this container made by the webhook/],
    ['another verb', 'serve', makeConfig([file('a', 'web:a')]), /usage: init \| refresh/],
    ['an unknown store', 'init', makeConfig([file('a', 'nowhere:a')]), /nowhere:a: there is no store "nowhere"/],
  ])('ends with 64 for %s', async (_what, verb, config, message) => {
    const workspace = makeWorkspace();

    expect((await start(workspace, verb, config).end()).code).toBe(64);
    expect(lastWords(workspace)).toMatch(message);
  });

  it('ends with 73 when its files cannot be written', async () => {
    const workspace = makeWorkspace();
    putSecret(workspace, 'db', 'x');
    rmSync(workspace.files, { recursive: true });
    writeFileSync(workspace.files, 'a file stands in the way');

    expect((await start(workspace, 'init', fileConfig(workspace, [file('a', 'file:db')])).end()).code).toBe(73);
    expect(lastWords(workspace)).toMatch(/^cannot write .*files/);
  });

  it('keeps the files current, and shows no byte of a secret anywhere else', async () => {
    const workspace = makeWorkspace();
    putSecret(workspace, 'db', JSON.stringify({ password: CANARY }));
    const config = fileConfig(workspace, [file('p', 'file:db#password')], {
      refreshIntervalMs: 200,
      port: await freePort(),
    });
    const { child, output, end } = start(workspace, 'refresh', config);
    await until(() => existsSync(join(workspace.files, 'p')));
    putSecret(workspace, 'db', JSON.stringify({ password: `${CANARY}2` }));
    await until(() => workspace.read('p') === `${CANARY}2`);
    putSecret(workspace, 'db', `{"password": "${CANARY}`);
    await until(() => output().includes('the last good files stay'));
    const metrics = await (await fetch(`http://127.0.0.1:${config.port}/metrics`)).text();
    child.kill('SIGTERM');

    expect((await end()).code).toBe(0);
    expect(metrics).toContain('secrets_inject_last_state{namespace="shop",backend="file",name="db"} -1');
    const said = [
      output(),
      lastWords(workspace),
      metrics,
      readFileSync(join(workspace.root, 'state/state.json'), 'utf8'),
    ];
    for (const encoding of ['utf8', 'base64', 'hex'] as const)
      expect(said.join('\n')).not.toContain(Buffer.from(CANARY).toString(encoding).slice(0, 12));
    expect(said.join('\n')).not.toContain('canary');
  });
});

describe('SIGTERM', () => {
  it('ends the agent within a second while a store does not answer, and not with 0', async () => {
    const workspace = makeWorkspace();
    const server = createServer(() => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const connected = once(server, 'connection');
    const { child, end } = start(
      workspace,
      'refresh',
      hangingConfig(workspace, (server.address() as AddressInfo).port),
    );
    await connected;

    child.kill('SIGTERM');
    const { code, milliseconds } = await end();

    expect(code).toBe(143);
    expect(milliseconds).toBeLessThan(1_000);
  });

  it.each([1, 2, 3, 4])('leaves a whole set, whenever it comes (%i)', async (attempt) => {
    const workspace = makeWorkspace();
    const names = Array.from({ length: 40 }, (_, i) => `f${i}`);
    const write = (content: string): void => putSecret(workspace, 'big', content.repeat(50_000));
    write('a');
    const config = fileConfig(
      workspace,
      names.map((name) => file(name, 'file:big')),
      { refreshIntervalMs: 1 },
    );
    const { child, end } = start(workspace, 'refresh', config);
    await until(() => existsSync(join(workspace.root, 'state/ready')));
    const first = readlinkSync(join(workspace.files, '..data'));
    write('b');
    await until(() => readdirSync(workspace.files).some((name) => /^\.\.\d/.test(name) && name !== first));
    await new Promise((resolve) => setTimeout(resolve, attempt * 3));

    child.kill('SIGTERM');
    const { milliseconds } = await end();

    expect(milliseconds).toBeLessThan(1_000);
    expect(new Set(names.map((name) => workspace.read(name))).size).toBe(1);
  });
});

describe('a restarted agent', () => {
  it('keeps the files and does not fetch before the time', async () => {
    const workspace = makeWorkspace();
    putSecret(workspace, 'db', 'x');
    const config = fileConfig(workspace, [file('a', 'file:db')]);
    const crashed = start(workspace, 'refresh', config);
    await until(() => existsSync(join(workspace.root, 'state/ready')));
    crashed.child.kill('SIGKILL');
    await crashed.end();
    unlinkSync(join(workspace.root, 'secrets/db'));

    const { child, output, end } = start(workspace, 'refresh', config);
    await until(() => output().includes('an earlier start'));
    child.kill('SIGTERM');

    expect((await end()).code).toBe(0);
    expect(output()).not.toContain('stay');
    expect(workspace.read('a')).toBe('x');
  });
});

function hangingConfig(workspace: Workspace, port: number): AgentConfig {
  writeFileSync(join(workspace.root, 'secrets/VAULT_TOKEN'), 'token');
  const auth = { method: 'token', credentials: join(workspace.root, 'secrets') } as const;
  const vault = { backend: 'vault', address: `http://127.0.0.1:${port}`, auth, allowLoopback: true } as const;
  return makeConfig([file('a', 'vault:secret/a#x')], { stores: { vault }, initTimeoutMs: 20_000 });
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
