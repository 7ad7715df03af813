import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { run } from '../../cli/render.ts';
import { UsageError } from '../../cli/verb.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const FOLDER = mkdtempSync(join(tmpdir(), 'render-'));
const CONFIG = file(
  'config.yaml',
  'agent: { image: agent:1 }\nvault: { addresses: [{ url: "https://vault.vault:8200" }] }',
);

const ANNOTATIONS = "{ secrets.inject/file.x: 'vault:secret/x', secrets.inject/vault.role: web }";
const TEMPLATE = `{ metadata: { annotations: ${ANNOTATIONS} }, spec: { containers: [{ name: app, image: 'a:1' }] } }`;
const POD = `apiVersion: v1\nkind: Pod\nmetadata: { name: web, annotations: ${ANNOTATIONS} }\nspec: { containers: [{ name: app }] }\n`;

function file(name: string, content: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, content);
  return path;
}

/** The verb itself, with a console of ours. */
async function render(input: string, ...args: string[]) {
  const said = { out: '', err: '' };
  const console = {
    write: (text: string) => void (said.out += text),
    tell: (line: string) => void (said.err += `${line}\n`),
    read: (path: string) => (path === '-' ? Promise.resolve(input) : readFile(path, 'utf8')),
  };
  const code = await run(['-f', '-', '--config', CONFIG, ...args], console);
  return { ...said, code, objects: objectsIn(said.out) };
}

function objectsIn(out: string): unknown[] {
  const documents = parseAllDocuments(out);
  return Array.isArray(documents) ? documents.map((document) => document.toJS() as unknown) : [];
}

async function inProcess(input: string, ...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args]);
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { out, err, code };
}

describe('render', () => {
  it('injects a Pod, and keeps what is none as it is', async () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { clusterIP: None }\n';

    const { objects, err, code } = await render(`${POD}---\n${service}`);

    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(objects[0]).toMatchObject({ spec: { initContainers: [{ name: 'secrets-inject' }] } });
    expect(objects[1]).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { clusterIP: 'None' },
    });
  });

  it('finds the Pod template of whatever has one, Lists included', async () => {
    const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'Rollout'];
    const items = kinds.map((kind) => `- { kind: ${kind}, metadata: { name: x }, spec: { template: ${TEMPLATE} } }`);
    const cron = `- { kind: CronJob, metadata: { name: x }, spec: { jobTemplate: { spec: { template: ${TEMPLATE} } } } }`;

    const { out, objects } = await render(`apiVersion: v1\nkind: List\nitems:\n${[...items, cron].join('\n')}\n`);

    expect(objects.map((object) => (object as { kind: string }).kind)).toEqual([...kinds, 'CronJob']);
    expect(out.match(/name: secrets-inject$/gm)).toHaveLength(7);
  });

  it('keeps values that other readers of YAML would take for something else', async () => {
    const tricky = "args: ['yes', '0440', 'null', '1e3', 12:30]";

    const { objects } = await render(POD.replace('{ name: app }', `{ name: app, ${tricky} }`));

    expect(objects[0]).toMatchObject({ spec: { containers: [{ args: ['yes', '0440', 'null', '1e3', '12:30'] }] } });
  });

  it('prints nothing and ends with 1 where the webhook says no, with its words', async () => {
    const denied = POD.replace('vault.role: web', 'vault.rol: web').replace('name: web,', 'name: bad,');

    const { out, err, code } = await render(`${POD}---\n${denied}`);

    expect({ out, code }).toEqual({ out: '', code: 1 });
    expect(err).toMatch(
      /^Pod\/bad: secrets\.inject\/vault\.rol: unknown annotation; nearest valid name: "?secrets\.inject\/vault\.role/,
    );
  });

  it('takes Namespaces, ServiceAccounts, namespace and version into account', async () => {
    const namespaces = file(
      'ns.yaml',
      'kind: Namespace\nmetadata: { name: shop, annotations: { secrets.inject/mount-path: /ns } }\n',
    );
    const account =
      "kind: ServiceAccount\nmetadata: { name: default, annotations: { eks.amazonaws.com/role-arn: 'arn:aws:iam::123456789012:role/r' } }\n";
    const pod = POD.replace("'vault:secret/x'", "'aws-secrets-manager:x?region=eu-west-1'");

    const { out } = await render(
      `${account}---\n${pod}`,
      '--operation-namespace',
      'shop',
      '--namespace-file',
      namespaces,
      '--kubernetes-version',
      'v1.30.4',
    );

    expect(out).toContain('mountPath: /ns\n');
    expect(out).toContain('secrets-inject-init');
    expect(out).toContain('"sessionName":"shop.default"');
  });

  it('tells warnings on standard error', async () => {
    const { err, code } = await render(POD.replace(/secrets.inject\/file.x: '[^']*', /, ''));

    expect(code).toBe(0);
    expect(err).toMatch(/^warning: Pod\/web: /);
  });

  it.each([
    [['--nonsense'], 'nonsense'],
    [['--kubernetes-version', 'new'], '--kubernetes-version must be like 1.35'],
    [['--namespace-file', '/does/not/exist'], '/does/not/exist cannot be read'],
  ])('refuses %j with one sentence', async (args, part) => {
    const refusal = render(POD, ...args);

    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(part);
  });

  it.each(['[', 'text', '- list'])('refuses %j as input', async (input) => {
    await expect(render(input)).rejects.toThrow(UsageError);
  });
});

describe('the program', () => {
  it('reads standard input, prints the objects and ends with 0', async () => {
    const { out, err, code } = await inProcess(POD, 'render', '-f', '-', '--config', CONFIG);

    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(objectsIn(out)).toHaveLength(1);
  });

  it('ends with 2 and one line for what it cannot understand', async () => {
    const { out, err, code } = await inProcess('[', 'render', '-f', '-', '--config', CONFIG);

    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).toMatch(/^secrets-inject render: - is not YAML: [^\n]*\n$/);
  });

  it('tells its verbs', async () => {
    expect((await inProcess('', '--help')).out).toMatch(/render .*\n.*demo /);
    expect(await inProcess('', 'rendr')).toMatchObject({ code: 2 });
  });
});
