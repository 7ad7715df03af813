/** Keys and certificates of one cluster: a CA, and a pair for each component. All live as long as a test run. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_ADDRESS } from './network.ts';
import { run } from './run.ts';

export const NODE_NAME = 'node-1';

const NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
];
const ADDRESSES = ['127.0.0.1', '10.96.0.1', NODE_ADDRESS];

/** File name → subject and, for servers, names. */
const PAIRS: Readonly<Record<string, { subject: string; names?: string }>> = {
  apiserver: {
    subject: '/CN=kube-apiserver',
    names: [...NAMES.map((name) => `DNS:${name}`), ...ADDRESSES.map((address) => `IP:${address}`)].join(','),
  },
  'apiserver-kubelet': { subject: '/O=system:masters/CN=kube-apiserver-kubelet-client' },
  admin: { subject: '/O=system:masters/CN=admin' },
  'controller-manager': { subject: '/CN=system:kube-controller-manager' },
  scheduler: { subject: '/CN=system:kube-scheduler' },
  proxy: { subject: '/CN=system:kube-proxy' },
  kubelet: { subject: `/O=system:nodes/CN=system:node:${NODE_NAME}` },
  'kubelet-serving': {
    subject: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
    names: `IP:${NODE_ADDRESS},DNS:${NODE_NAME}`,
  },
};

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];

/** Fills the folder with `<name>.crt` and `<name>.key`, `ca.*` and the service account keys `sa.key`, `sa.pub`. */
export async function createPki(folder: string): Promise<void> {
  if (existsSync(join(folder, 'sa.pub'))) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(folder, name);
  const ca = ['-keyout', at('ca.key'), '-out', at('ca.crt'), '-subj', '/CN=secrets-inject-test-ca'];
  await run(['openssl', 'req', '-x509', ...NEW_KEY, ...ca, '-addext', 'keyUsage=critical,keyCertSign,cRLSign']);
  await Promise.all(Object.keys(PAIRS).map((name) => createPair(folder, name)));
  await run(['openssl', 'genrsa', '-out', at('sa.key'), '2048']);
  await run(['openssl', 'rsa', '-in', at('sa.key'), '-pubout', '-out', at('sa.pub')]);
}

async function createPair(folder: string, name: string): Promise<void> {
  const { subject = '', names } = PAIRS[name] ?? {};
  const at = (file: string) => join(folder, file);
  const usage = ['-addext', 'extendedKeyUsage=serverAuth,clientAuth', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const alternative = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
  const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.crt`), '-subj', subject];
  const issuer = ['-CA', at('ca.crt'), '-CAkey', at('ca.key')];
  await run(['openssl', 'req', '-x509', ...issuer, ...NEW_KEY, ...files, ...usage, ...alternative]);
}

/** Writes a kubeconfig with the pair `name`, everything inline. JSON is YAML. */
export async function writeKubeconfig(file: string, pki: string, name: string, server: string): Promise<void> {
  const inline = async (path: string) => (await readFile(join(pki, path))).toString('base64');
  const [ca, certificate, key] = await Promise.all(['ca.crt', `${name}.crt`, `${name}.key`].map(inline));
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'cluster',
    contexts: [{ name: 'cluster', context: { cluster: 'cluster', user: name } }],
    clusters: [{ name: 'cluster', cluster: { server, 'certificate-authority-data': ca } }],
    users: [{ name, user: { 'client-certificate-data': certificate, 'client-key-data': key } }],
  };
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
