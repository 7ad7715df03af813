/** An emulator of AWS that Pods reach at the node's address; its STS asks the cluster's keys who they are. */
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createRole, createUser } from '../stores/servers/iam.ts';
import { startMoto, type MotoServer } from '../stores/servers/moto.ts';
import { startSts } from '../stores/servers/sts.ts';
import { expose, unexpose, type OwnCluster } from './cluster.ts';
import type { Kubectl } from './kubectl.ts';
import { NODE_ADDRESS } from './network.ts';

export interface ClusterAws {
  /** Lets one ServiceAccount assume a role that may read every secret. @returns the role's ARN. */
  allowReading(role: string, namespace: string, account: string): Promise<string>;
  write(name: string, value: string | Uint8Array): Promise<void>;
  /** On this machine; Pods reach it at `STS_ADDRESS`. */
  readonly stsAddress: string;
  /** How many role sessions it has granted. */
  granted(): number;
  /** The network between Pods and AWS goes away, and comes back. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  stop(): Promise<void>;
}

const AWS_PORT = 5000;
const STS_PORT = 5001;
export const AWS_REGION = 'eu-west-1';
export const AWS_ADDRESS = `http://${NODE_ADDRESS}:${AWS_PORT}`;
export const STS_ADDRESS = `http://${NODE_ADDRESS}:${STS_PORT}`;

export async function startClusterAws(own: OwnCluster, kubectl: Kubectl): Promise<ClusterAws> {
  const moto = await startMoto();
  const trust: Record<string, string> = {};
  const sts = await startSts({ upstream: moto, keys: await clusterKeys(kubectl), trust });
  const credentials = await createUser(moto.address, 'administrator', ['*']);
  const admin = new SecretsManagerClient({ region: AWS_REGION, endpoint: moto.address, credentials });
  await moto.enforceIam();
  const ways = [
    { name: 'expose-aws', port: AWS_PORT, to: portOf(moto.address) },
    { name: 'expose-sts', port: STS_PORT, to: portOf(sts.address) },
  ];
  const mend = async () => void (await Promise.all(ways.map(({ name, port, to }) => expose(own, name, port, to))));
  const cut = async () => void (await Promise.all(ways.map(({ name }) => unexpose(own, name))));
  await mend();
  return {
    allowReading: (role, namespace, account) => allowReading(moto, trust, role, `${namespace}:${account}`),
    write: (name, value) => write(admin, name, value),
    stsAddress: sts.address,
    granted: () => sts.granted(),
    cut,
    mend,
    async stop() {
      admin.destroy();
      await cut();
      await sts.stop();
      await moto.stop();
    },
  };
}

const portOf = (address: string) => Number(new URL(address).port);

/** What a cloud would fetch from the issuer of the cluster. */
async function clusterKeys(kubectl: Kubectl): Promise<KeyObject[]> {
  const { keys } = JSON.parse(await kubectl.run('get', '--raw=/openid/v1/jwks')) as { keys: JsonWebKey[] };
  return keys.map((key) => createPublicKey({ key, format: 'jwk' }));
}

async function allowReading(moto: MotoServer, trust: Record<string, string>, role: string, who: string) {
  const create = () => createRole(moto.address, role, ['secretsmanager:GetSecretValue']);
  const arn = await moto.withoutIam(create);
  trust[arn] = `system:serviceaccount:${who}`;
  return arn;
}

async function write(admin: SecretsManagerClient, name: string, value: string | Uint8Array): Promise<void> {
  const content = typeof value === 'string' ? { SecretString: value } : { SecretBinary: value };
  await admin.send(new CreateSecretCommand({ Name: name, ...content })).catch(async (error: unknown) => {
    if (!(error instanceof ResourceExistsException)) throw error;
    await admin.send(new PutSecretValueCommand({ SecretId: name, ...content }));
  });
}
