/** The command line and configuration file of every program of the cluster. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_ADDRESS } from './network.ts';
import { NODE_NAME } from './pki.ts';

const DNS_ADDRESS = '10.96.0.10';
export const PAUSE_IMAGE = 'localhost/pause:1';
const SERVICES = '10.96.0.0/16';
const PODS = '10.244.0.0/16';

export interface Places {
  /** Where the Kubernetes binaries are. */
  readonly binaries: string;
  /** The folder of this cluster. */
  readonly run: string;
  readonly name: string;
  /** e.g. `EnvFiles=false`. */
  readonly featureGates?: string;
}

type Command = (places: Places) => string[];

const pki = (places: Places, name: string) => join(places.run, 'pki', name);
const kubeconfig = (places: Places, name: string) => join(places.run, `${name}.kubeconfig`);
const config = (places: Places, name: string) => join(places.run, 'config', name);
const gates = ({ featureGates }: Places) => (featureGates === undefined ? [] : [`--feature-gates=${featureGates}`]);

export const containerdSocket = (run: string) => join(run, 'containerd.sock');

export const etcd: Command = (places) => [
  'etcd',
  `--data-dir=${join(places.run, 'etcd')}`,
  '--unsafe-no-fsync',
  '--listen-client-urls=http://127.0.0.1:2379',
  '--advertise-client-urls=http://127.0.0.1:2379',
  '--listen-peer-urls=http://127.0.0.1:2380',
  '--logger=zap',
];

/** @param port 6443; another one for a second server on the same etcd. */
export function apiServer(places: Places, port: number): string[] {
  return [
    join(places.binaries, 'kube-apiserver'),
    '--etcd-servers=http://127.0.0.1:2379',
    `--advertise-address=${NODE_ADDRESS}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${pki(places, 'apiserver.crt')}`,
    `--tls-private-key-file=${pki(places, 'apiserver.key')}`,
    `--client-ca-file=${pki(places, 'ca.crt')}`,
    `--kubelet-certificate-authority=${pki(places, 'ca.crt')}`,
    `--kubelet-client-certificate=${pki(places, 'apiserver-kubelet.crt')}`,
    `--kubelet-client-key=${pki(places, 'apiserver-kubelet.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${pki(places, 'sa.pub')}`,
    `--service-account-signing-key-file=${pki(places, 'sa.key')}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged',
    `--service-cluster-ip-range=${SERVICES}`,
    '--endpoint-reconciler-type=lease',
    ...gates(places),
  ];
}

export const controllerManager: Command = (places) => [
  join(places.binaries, 'kube-controller-manager'),
  `--kubeconfig=${kubeconfig(places, 'controller-manager')}`,
  `--service-account-private-key-file=${pki(places, 'sa.key')}`,
  `--root-ca-file=${pki(places, 'ca.crt')}`,
  '--use-service-account-credentials',
  '--allocate-node-cidrs',
  `--cluster-cidr=${PODS}`,
  '--leader-elect=false',
  '--bind-address=127.0.0.1',
];

export const scheduler: Command = (places) => [
  join(places.binaries, 'kube-scheduler'),
  `--kubeconfig=${kubeconfig(places, 'scheduler')}`,
  '--leader-elect=false',
  '--bind-address=127.0.0.1',
];

export const containerd: Command = (places) => ['containerd', '--config', config(places, 'containerd.toml')];

export const kubelet: Command = (places) => [
  join(places.binaries, 'kubelet'),
  `--kubeconfig=${kubeconfig(places, 'kubelet')}`,
  `--config=${config(places, 'kubelet.json')}`,
  `--hostname-override=${NODE_NAME}`,
  `--node-ip=${NODE_ADDRESS}`,
  `--root-dir=${join(places.run, 'kubelet')}`,
  `--cert-dir=${join(places.run, 'pki')}`,
];

export const kubeProxy: Command = (places) => [
  join(places.binaries, 'kube-proxy'),
  `--config=${config(places, 'kube-proxy.json')}`,
  `--hostname-override=${NODE_NAME}`,
];

export async function writeConfigurations(places: Places): Promise<void> {
  await mkdir(join(places.run, 'config', 'cni'), { recursive: true });
  const write = (name: string, content: unknown) =>
    writeFile(config(places, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  await Promise.all([
    write('kubelet.json', kubeletConfiguration(places)),
    write('kube-proxy.json', proxyConfiguration(places)),
    write('cni/10-bridge.conflist', podNetwork(places)),
    write('containerd.toml', containerdConfiguration(places)),
    write('resolv.conf', 'nameserver 127.0.0.1\n'),
  ]);
}

const featureMap = ({ featureGates = '' }: Places) =>
  Object.fromEntries(
    featureGates
      .split(',')
      .filter(Boolean)
      .map((gate) => [gate.split('=')[0], gate.endsWith('=true')]),
  );

const kubeletConfiguration = (places: Places) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: NODE_ADDRESS,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: pki(places, 'ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: pki(places, 'kubelet-serving.crt'),
  tlsPrivateKeyFile: pki(places, 'kubelet-serving.key'),
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${places.name}`,
  enforceNodeAllocatable: [],
  failCgroupV1: false,
  failSwapOn: false,
  containerRuntimeEndpoint: `unix://${containerdSocket(places.run)}`,
  clusterDNS: [DNS_ADDRESS],
  clusterDomain: 'cluster.local',
  resolvConf: config(places, 'resolv.conf'),
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
  imageGCHighThresholdPercent: 100,
  serializeImagePulls: false,
  podLogsDir: join(places.run, 'pod-logs'),
  volumePluginDir: join(places.run, 'volume-plugins'),
  featureGates: featureMap(places),
});

const proxyConfiguration = (places: Places) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  clientConnection: { kubeconfig: kubeconfig(places, 'proxy') },
  mode: 'iptables',
  clusterCIDR: PODS,
  conntrack: { maxPerCore: 0, min: 0 },
  healthzBindAddress: `${NODE_ADDRESS}:10256`,
});

const podNetwork = ({ run }: Places) => ({
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: join(run, 'cni'),
        ranges: [[{ subnet: '10.244.0.0/24' }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

const containerdConfiguration = ({ run }: Places) => `version = 2
root = "${join(run, 'containerd')}"
state = "${join(run, 'containerd-state')}"

[grpc]
address = "${containerdSocket(run)}"

[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
sandbox_image = "${PAUSE_IMAGE}"
netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${join(run, 'config', 'cni')}"
`;
