/** A real Kubernetes cluster of one node on this machine: real servers, a real kubelet, a real container runtime. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { kubernetesBinaries } from './binaries.ts';
import * as components from './components.ts';
import { CLUSTER_NAME, RUNS } from './config.ts';
import { Daemons } from './daemons.ts';
import { loadPauseImage } from './images.ts';
import { createCgroups, endPodProcesses, removeCgroups, unmountBelow } from './leftovers.ts';
import { createNetwork, deleteNetwork, inside, NODE_ADDRESS } from './network.ts';
import { installPackages } from './packages.ts';
import { createPki, NODE_NAME, writeKubeconfig } from './pki.ts';
import { run, until } from './run.ts';

export interface OwnCluster extends components.Places {
  /** For use from this machine, outside the cluster's network. */
  readonly kubeconfig: string;
}

const API_PORT = 6443;
const stateFile = (folder: string) => join(folder, 'state.json');
const folderOf = (name: string) => join(RUNS, name);

/** The network namespace and the cgroup of a cluster. */
const kernelName = (name: string) => `secrets-inject-${name}`;

/** @returns the running cluster of that name, if there is one. */
export async function findCluster(name = CLUSTER_NAME): Promise<OwnCluster | undefined> {
  const file = stateFile(folderOf(name));
  if (!existsSync(file)) return undefined;
  const cluster = JSON.parse(await readFile(file, 'utf8')) as OwnCluster;
  return (await new Daemons(cluster.run).running('kubelet')) ? cluster : undefined;
}

/** Starts a cluster; what is left of one of the same name that did not end well is removed first. */
export async function up(options: { name?: string; featureGates?: string } = {}): Promise<OwnCluster> {
  const name = options.name ?? CLUSTER_NAME;
  await installPackages();
  const binaries = await kubernetesBinaries();
  await down(name);
  const cluster: OwnCluster = {
    ...(options.featureGates === undefined ? {} : { featureGates: options.featureGates }),
    binaries,
    name: kernelName(name),
    run: folderOf(name),
    kubeconfig: join(folderOf(name), 'kubeconfig'),
  };
  await startControlPlane(cluster);
  await startNode(cluster);
  await writeFile(stateFile(cluster.run), JSON.stringify(cluster, null, 2));
  return cluster;
}

async function startControlPlane(cluster: OwnCluster): Promise<void> {
  await mkdir(cluster.run, { recursive: true });
  await Promise.all([createNetwork(cluster.name), createPki(join(cluster.run, 'pki'))]);
  await Promise.all([components.writeConfigurations(cluster), writeKubeconfigs(cluster)]);
  await daemon(cluster, 'etcd', components.etcd(cluster));
  await daemon(cluster, 'apiserver', components.apiServer(cluster, API_PORT));
  await daemon(cluster, 'containerd', components.containerd(cluster));
  await loadPauseImage(cluster);
  await forwardApi(cluster, 'forward', API_PORT, cluster.kubeconfig);
  await until('API server', 60, () => answers(cluster, 'get', '--raw=/readyz'));
  await daemon(cluster, 'controller-manager', components.controllerManager(cluster));
  await daemon(cluster, 'scheduler', components.scheduler(cluster));
}

async function startNode(cluster: OwnCluster): Promise<void> {
  await createCgroups(cluster.name);
  await daemon(cluster, 'kubelet', components.kubelet(cluster));
  await daemon(cluster, 'kube-proxy', components.kubeProxy(cluster));
  await until('node', 60, () =>
    answers(cluster, 'wait', '--for=condition=Ready', `node/${NODE_NAME}`, '--timeout=10s'),
  );
  await until('default ServiceAccount', 30, () => answers(cluster, 'get', 'serviceaccount', 'default'));
}

async function answers(cluster: OwnCluster, ...args: string[]): Promise<true> {
  await run([join(cluster.binaries, 'kubectl'), `--kubeconfig=${cluster.kubeconfig}`, ...args]);
  return true;
}

async function daemon(cluster: OwnCluster, name: string, command: readonly string[]): Promise<void> {
  await new Daemons(cluster.run).start(name, inside(cluster.name, command));
}

async function writeKubeconfigs(cluster: OwnCluster): Promise<void> {
  const write = (name: string) =>
    writeKubeconfig(
      join(cluster.run, `${name}.kubeconfig`),
      join(cluster.run, 'pki'),
      name,
      `https://${NODE_ADDRESS}:${API_PORT}`,
    );
  await Promise.all(['controller-manager', 'scheduler', 'proxy', 'kubelet', 'admin'].map(write));
}

/** A free port of the machine's loopback that leads to a port of the node's address, and a kubeconfig that says so. */
async function forwardApi(cluster: OwnCluster, name: string, port: number, kubeconfig: string): Promise<void> {
  const hostPort = await forward(cluster, name, port);
  await writeKubeconfig(kubeconfig, join(cluster.run, 'pki'), 'admin', `https://127.0.0.1:${hostPort}`);
}

/** @returns the port of 127.0.0.1, outside, that leads to `port` at the node's address, inside. */
async function forward(cluster: OwnCluster, name: string, port: number): Promise<number> {
  const hostPort = await freePort();
  await startForward(cluster, name, ['into', '127.0.0.1', String(hostPort), NODE_ADDRESS, String(port)]);
  await until(name, 10, () => connects(hostPort));
  return hostPort;
}

/**
 * Makes a server on this machine's loopback reachable for Pods, at `port` of the node's address. Stopping the server
 * is then seen as connections that close at once.
 */
export async function expose(cluster: OwnCluster, name: string, port: number, hostPort: number): Promise<string> {
  await startForward(cluster, name, ['out-of', NODE_ADDRESS, String(port), '127.0.0.1', String(hostPort)]);
  await until(name, 10, async () => {
    const listening = await runInside(cluster, ['ss', '-Hltn', `sport = :${port}`]);
    return listening === '' ? undefined : true;
  });
  return `${NODE_ADDRESS}:${port}`;
}

/** Ends what `forward` or `expose` started. */
export async function unexpose(cluster: OwnCluster, name: string): Promise<void> {
  await new Daemons(cluster.run).stop(name);
}

async function startForward(cluster: OwnCluster, name: string, way: readonly string[]): Promise<void> {
  const daemons = new Daemons(cluster.run);
  await daemons.stop(name);
  const script = join(import.meta.dirname, 'forward.ts');
  await daemons.start(name, [process.execPath, script, cluster.name, ...way]);
}

async function connects(port: number): Promise<true | undefined> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(undefined));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One more API server on the same etcd, as in a cluster with several control plane nodes; it stays until `down`. */
export async function startSecondApiServer(cluster: OwnCluster, port = 6444): Promise<{ kubeconfig: string }> {
  const kubeconfig = join(cluster.run, `kubeconfig-${port}`);
  if (await new Daemons(cluster.run).running(`apiserver-${port}`)) return { kubeconfig };
  await daemon(cluster, `apiserver-${port}`, components.apiServer(cluster, port));
  await forwardApi(cluster, `forward-${port}`, port, kubeconfig);
  await until('second API server', 60, () => answers({ ...cluster, kubeconfig }, 'get', '--raw=/readyz'));
  return { kubeconfig };
}

/** Ends what was started, in an order in which nothing waits for something gone, and removes every trace. */
export async function down(name = CLUSTER_NAME): Promise<void> {
  const folder = folderOf(name);
  const daemons = new Daemons(folder);
  const first = ['kubelet', 'kube-proxy', 'scheduler', 'controller-manager'];
  await Promise.all(first.map((each) => daemons.stop(each)));
  await endPodProcesses(kernelName(name), components.containerdSocket(folder));
  const rest = (await daemons.names()).filter((each) => each !== 'etcd');
  await Promise.all(rest.map((each) => daemons.stop(each)));
  await daemons.stop('etcd');
  await unmountBelow(folder);
  await until('cgroups', 5, async () => {
    removeCgroups(kernelName(name));
    return true;
  });
  await deleteNetwork(kernelName(name));
  await rm(folder, { recursive: true, force: true });
}

/** A command inside the cluster's network, as a process of the node. */
async function runInside(cluster: OwnCluster, command: readonly string[]): Promise<string> {
  return await run(inside(cluster.name, command));
}

/** The runtime's own client. */
export async function ctr(cluster: OwnCluster, ...args: string[]): Promise<string> {
  return await run(['ctr', '--address', components.containerdSocket(cluster.run), '--namespace', 'k8s.io', ...args]);
}
