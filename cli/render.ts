/** `secrets-inject render`: objects as the webhook would make them. */
import { parseArgs } from 'node:util';
import { parseConfig, type WebhookConfig } from '../webhook/config.ts';
import { readObjects, writeObjects, type KubernetesObject } from './render/documents.ts';
import { injectObject, type Surroundings } from './render/inject.ts';
import { EXIT_DONE, EXIT_NO, UsageError, type Console } from './verb.ts';

const HELP = `usage: secrets-inject render -f FILE [options]
  -f FILE                        Pods, and everything with a Pod template; "-": standard input; repeatable
  --config FILE                  the webhook's configuration, or the ConfigMap that holds it
  --operation-namespace NAME     of objects that name none (default)
  --namespace-file FILE          Namespaces with their annotations
  --service-account-file FILE    ServiceAccounts with their annotations
  --kubernetes-version X.Y       of the API server (1.35)
Namespaces and ServiceAccounts are also found among the objects of -f.
`;

const OPTIONS = {
  filename: { type: 'string', short: 'f', multiple: true },
  config: { type: 'string' },
  'operation-namespace': { type: 'string', default: 'default' },
  'namespace-file': { type: 'string', multiple: true },
  'service-account-file': { type: 'string', multiple: true },
  'kubernetes-version': { type: 'string', default: '1.35' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export async function run(args: readonly string[], console: Console): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    console.write(HELP);
    return EXIT_DONE;
  }
  if (!options.filename) throw new UsageError('give the objects with -f FILE, or -f - for standard input');
  const objects = await readAll(options.filename, console);
  const aroundFiles = [...(options['namespace-file'] ?? []), ...(options['service-account-file'] ?? [])];
  const around = [...(await readAll(aroundFiles, console)), ...objects];
  const surroundings: Surroundings = {
    config: await readConfig(options.config, console),
    version: readVersion(options['kubernetes-version']),
    namespace: options['operation-namespace'],
    around,
  };
  return render(objects, surroundings, console);
}

/** Nothing is printed where something is denied: what follows in a pipe would apply the rest. */
function render(objects: readonly KubernetesObject[], surroundings: Surroundings, console: Console): number {
  const results = objects.map((object) => injectObject(object, surroundings));
  for (const { warnings } of results) for (const warning of warnings) console.tell(`warning: ${warning}`);
  const denials = results.flatMap((result) => result.denials);
  for (const denial of denials) console.tell(denial);
  if (denials.length > 0) return EXIT_NO;
  console.write(writeObjects(results.map(({ object }) => object)));
  return EXIT_DONE;
}

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'bad arguments'} (render --help tells more)`);
  }
}

async function readAll(paths: readonly string[], console: Console): Promise<KubernetesObject[]> {
  const objects: KubernetesObject[] = [];
  for (const path of paths) objects.push(...readObjects(await readText(path, console), path));
  return objects;
}

async function readText(path: string, console: Console): Promise<string> {
  try {
    return await console.read(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`);
  }
}

/** Without a file: what the webhook would do that has nothing but its defaults. */
async function readConfig(path: string | undefined, console: Console): Promise<WebhookConfig> {
  if (path === undefined) {
    console.tell("warning: no --config: the webhook's defaults are used, with no store address and no agent image");
    return parseConfig('agent: { image: secrets-inject-agent }', {});
  }
  const source = await readText(path, console);
  const [first] = readObjects(source, path);
  const data = first?.['kind'] === 'ConfigMap' ? (first['data'] as Record<string, unknown> | undefined) : undefined;
  const file = data?.['config.yaml'];
  return parseConfig(typeof file === 'string' ? file : source, {});
}

function readVersion(text: string): Surroundings['version'] {
  const [, major, minor] = /^v?(\d+)\.(\d+)([.+-].*)?$/.exec(text) ?? [];
  if (major === undefined || minor === undefined)
    throw new UsageError('--kubernetes-version must be like 1.35 or v1.35.4');
  return { major: Number(major), minor: Number(minor) };
}
