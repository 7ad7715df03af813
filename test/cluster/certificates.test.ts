import { once } from 'node:events';
import { copyFile, mkdtemp } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfManaged } from '../../certs/self-managed.ts';
import type { CertificateSource, ServingCertificate } from '../../certs/source.ts';
import { readBundle } from '../../certs/verify.ts';
import { createConfigurationStore, createSecretStore } from '../../webhook/certificate-stores.ts';
import { connectKubernetes } from '../../webhook/kubernetes.ts';
import { CONFIGURATION, configuration, NAMESPACE, rights, SECRET, SERVICE, serviceAt } from './certificate-objects.ts';
import { expose, findCluster, unexpose, up, type OwnCluster } from './cluster.ts';
import { FOREIGN_KUBECONFIG } from './config.ts';
import { Kubectl } from './kubectl.ts';
import { run, until } from './run.ts';

const PORT = 9543;
const REPLICAS = 5;

let own: OwnCluster | undefined;
let kubectl: Kubectl;
let replicas: CertificateSource[] = [];
let server: Server | undefined;
const messages: string[] = [];
const latest: (ServingCertificate | undefined)[] = [];

beforeAll(async () => {
  own = FOREIGN_KUBECONFIG === undefined ? ((await findCluster()) ?? (await up())) : undefined;
  const kubeconfig = own?.kubeconfig ?? FOREIGN_KUBECONFIG ?? '';
  kubectl = new Kubectl({ kubectl: own ? join(own.binaries, 'kubectl') : 'kubectl', kubeconfig, namespace: NAMESPACE });
  await remove();
  await kubectl.apply([...rights, configuration]);
  await startReplicas(await asServiceAccount(kubeconfig));
});

afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  server?.close().closeAllConnections();
  if (own) await unexpose(own, NAMESPACE);
  await remove();
});

async function remove(): Promise<void> {
  await kubectl.delete(`mutatingwebhookconfiguration/${CONFIGURATION}`);
  await kubectl.delete(`namespace/${NAMESPACE}`);
  for (const kind of ['clusterrolebinding', 'clusterrole']) await kubectl.delete(`${kind}/${CONFIGURATION}`);
}

/** @returns a kubeconfig of the webhook's own ServiceAccount: nothing here may need more than its rights. */
async function asServiceAccount(kubeconfig: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'secrets-inject-')), 'kubeconfig');
  await copyFile(kubeconfig, file);
  const token = (await kubectl.run('create', 'token', SERVICE)).trim();
  const limited = new Kubectl({ kubectl: kubectl.command()[0] ?? 'kubectl', kubeconfig: file });
  await limited.run('config', 'set-credentials', SERVICE, `--token=${token}`);
  await limited.run('config', 'set-context', '--current', `--user=${SERVICE}`);
  return file;
}

async function startReplicas(kubeconfig: string): Promise<void> {
  replicas = Array.from({ length: REPLICAS }, () => newSource(kubeconfig));
  await Promise.all(replicas.map((replica, i) => replica.start(swapper(i))));
}

function swapper(replica: number) {
  return (certificate: ServingCertificate) => {
    latest[replica] = certificate;
    if (replica === 0) server?.setSecureContext(contextOf(certificate));
  };
}

function newSource(kubeconfig: string): CertificateSource {
  const api = connectKubernetes(kubeconfig);
  return selfManaged({
    service: SERVICE,
    namespace: NAMESPACE,
    secrets: createSecretStore(api, NAMESPACE, SECRET),
    configurations: createConfigurationStore(api, [CONFIGURATION]),
    report: (level, message) => messages.push(`${level} ${message}`),
  });
}

const contextOf = ({ chainPem, keyPem }: ServingCertificate) => ({ cert: chainPem, key: keyPem });

async function bundles(): Promise<string[]> {
  type Found = { webhooks: { clientConfig: { caBundle?: string } }[] };
  const { webhooks } = await kubectl.get<Found>('mutatingwebhookconfiguration', CONFIGURATION);
  return webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? '', 'base64').toString());
}

async function storedState(): Promise<string | undefined> {
  const { stdout } = await kubectl.outcome('get', 'secret', SECRET, '--output=jsonpath={.data.state\\.json}');
  return stdout === '' ? undefined : stdout;
}

async function allPublished(): Promise<true | undefined> {
  const all = replicas.every((replica) => replica.status().bundleContainsServedAuthority === true);
  return all && (await bundles()).every((bundle) => bundle !== '') ? true : undefined;
}

describe('certificates on a real API server, with the rights of the webhook alone', () => {
  it('are the same for five replicas that start at once', async () => {
    await until('the bundle', 20, allPublished);

    expect(new Set(replicas.map((replica) => replica.status().fingerprint)).size).toBe(1);
    const counts = (await bundles()).map((bundle) => readBundle(bundle).certificates.length);
    expect(counts).toEqual([1, 1]);
    expect(messages.filter((message) => message.startsWith('error'))).toEqual([]);
  });

  it('come back within seconds when the configuration is replaced without a bundle', async () => {
    const before = await bundles();

    await run(kubectl.command('replace', '-f', '-'), { input: JSON.stringify(configuration) });

    await until('the bundle', 20, allPublished);
    expect(await bundles()).toEqual(before);
    expect(replicas.reduce((sum, replica) => sum + replica.status().bundlesRestored, 0)).toBeGreaterThan(0);
  });

  it('come back when the configuration is deleted and made anew', async () => {
    const before = await bundles();

    await kubectl.delete(`mutatingwebhookconfiguration/${CONFIGURATION}`);
    await kubectl.apply([configuration]);

    await until('the bundle', 20, allPublished);
    expect(await bundles()).toEqual(before);
  });

  it('come back as they were when the Secret is deleted', async () => {
    const before = await storedState();

    await kubectl.delete(`secret/${SECRET}`);

    await until('the Secret', 20, storedState);
    expect(await storedState()).toBe(before);
    expect(latest.every((certificate) => certificate?.fingerprint === latest[0]?.fingerprint)).toBe(true);
  });

  it('are accepted by the API server when it calls the webhook through its Service', async (context) => {
    context.skip(own === undefined, 'a cluster of somebody else’s cannot reach a server on this machine');
    const asked = await startServer(own);

    const created = await until('an answer', 30, createHooked);

    expect(created).toContain('configmap');
    expect(asked.names.length).toBeGreaterThanOrEqual(2);
    expect(asked.refused).toEqual([]);
  });
});

async function createHooked(): Promise<string> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'hooked', labels: { hooked: 'yes' } } };
  const { code, stdout, stderr } = await kubectl.tryApply([object], '--dry-run=server');
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Lets everything pass, and notes who was asked and which handshakes were refused. */
async function startServer(cluster: OwnCluster | undefined): Promise<{ names: string[]; refused: string[] }> {
  const seen = { names: [] as string[], refused: [] as string[] };
  const [certificate] = latest;
  if (certificate === undefined || cluster === undefined) throw new Error('there is nothing to serve');
  const listener = createServer(contextOf(certificate), (request, response) => {
    void allow(request, response, seen.names);
  });
  server = listener;
  listener.on('tlsClientError', (error) => seen.refused.push(error.message));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  await expose(cluster, NAMESPACE, PORT, typeof address === 'object' && address !== null ? address.port : 0);
  await kubectl.apply(serviceAt(PORT));
  return seen;
}

async function allow(request: IncomingMessage, response: ServerResponse, names: string[]): Promise<void> {
  const { uid, name } = ((await json(request)) as { request: { uid: string; name: string } }).request;
  names.push(name);
  const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
}
