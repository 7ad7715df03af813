/** `npm run cluster -- <verb>`: the cluster of the tests, by hand. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ctr, down, findCluster, up, type OwnCluster } from './cluster.ts';
import { CLUSTER_NAME } from './config.ts';
import { importImage, loadImages } from './images.ts';
import { inside } from './network.ts';
import { prepare } from './prepare.ts';

const USAGE = `usage: npm run cluster -- <verb>
  prepare                 install and build what takes minutes the first time; nothing is started
  up [--feature-gates=…]  start the cluster, build and load the images
  down                    end it, and remove every trace
  kubeconfig              print where the kubeconfig is
  images                  build and load the images of the present sources
  load <archive>          load one more image (docker-archive or oci-archive)
  list                    the images on the node
  kubectl <argument> …    kubectl on this cluster
  exec <command> …        run a command in the cluster's network
SECRETS_INJECT_CLUSTER names the cluster (default: "default"); several can run at once.
`;

type Verb = (args: string[]) => Promise<number>;

const VERBS: Readonly<Record<string, Verb>> = {
  prepare: async () => {
    await prepare();
    return 0;
  },
  up: async (args) => {
    const { values } = parseArgs({ args, options: { 'feature-gates': { type: 'string' } } });
    const featureGates = values['feature-gates'];
    const cluster = await up(featureGates === undefined ? {} : { featureGates });
    await loadImages(cluster);
    return print(`export KUBECONFIG=${cluster.kubeconfig}`);
  },
  down: async () => {
    await down();
    return 0;
  },
  kubeconfig: async () => print((await running()).kubeconfig),
  images: async () => {
    await loadImages(await running());
    return 0;
  },
  load: async ([archive = '']) => {
    await importImage(await running(), archive);
    return 0;
  },
  list: async () => print(await ctr(await running(), 'images', 'list', '-q')),
  kubectl: async (args) => {
    const { binaries, kubeconfig } = await running();
    return await show([join(binaries, 'kubectl'), `--kubeconfig=${kubeconfig}`, ...args]);
  },
  exec: async (args) => await show(inside((await running()).name, args)),
};

async function running(): Promise<OwnCluster> {
  const cluster = await findCluster();
  if (cluster === undefined) throw new Error(`no cluster "${CLUSTER_NAME}" is running: npm run cluster -- up`);
  return cluster;
}

function print(text: string): number {
  process.stdout.write(`${text.trimEnd()}\n`);
  return 0;
}

async function show([program = '', ...args]: string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  return await new Promise((resolve, reject) => child.on('error', reject).on('exit', (code) => resolve(code ?? 1)));
}

async function main([name = '', ...args]: string[]): Promise<number> {
  const verb = VERBS[name];
  if (verb !== undefined) return await verb(args);
  process.stderr.write(USAGE);
  return 64;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
