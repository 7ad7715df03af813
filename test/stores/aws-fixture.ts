import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsIdentity, AwsSecretsManagerStore } from '../../contract/agent-config.ts';
import { writeCredentials } from './credentials.ts';
import type { RemoteFixture } from './remote-contract.ts';
import { startRemote } from './remote.ts';
import { createRole, createUser, type AwsKeys } from './servers/iam.ts';
import { startMoto, type MotoServer } from './servers/moto.ts';

export interface AwsFixture extends RemoteFixture {
  readonly config: AwsSecretsManagerStore;
  readonly server: MotoServer;
  /** A role that may read, for web identities. */
  readonly roleArn: string;
  /** For files of the tests. */
  readonly folder: string;
  /** The vendor's client with an administrator's keys. */
  readonly admin: SecretsManagerClient;
  stop(): Promise<void>;
}

const REGION = 'eu-west-1';
const READ = ['secretsmanager:GetSecretValue'];

/** Signatures are verified and policies hold: what is denied is denied by the emulator. */
export async function startAwsFixture(): Promise<AwsFixture> {
  const server = await startMoto();
  const folder = await mkdtemp(join(tmpdir(), 'aws-fixture-'));
  const remote = await startRemote(server.address);
  const reader = await keysOf(folder, await createUser(server.address, 'reader', READ));
  const stranger = await keysOf(folder, await createUser(server.address, 'stranger'));
  const administrator = await createUser(server.address, 'administrator', ['*']);
  const roleArn = await createRole(server.address, 'web', READ);
  await server.enforceIam();
  const admin = new SecretsManagerClient({ region: REGION, endpoint: server.address, credentials: administrator });
  const base = { backend: 'aws-secrets-manager', region: REGION } as const;
  const here = { ...base, endpoint: server.address, allowLoopback: true } as const;
  return {
    ...remote,
    ...secretsOf(admin),
    server,
    roleArn,
    folder,
    admin,
    config: { ...here, identity: reader },
    stranger: { ...here, identity: stranger },
    previousStage: 'AWSPREVIOUS',
    absentVersion: '00000000-0000-4000-8000-000000000000',
    at: (endpoint, options = {}) => ({ ...base, endpoint, identity: reader, ...options }),
    async stop() {
      admin.destroy();
      await remote.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function keysOf(folder: string, keys: AwsKeys): Promise<AwsIdentity> {
  const credentials = await writeCredentials(join(folder, keys.accessKeyId), {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  });
  return { kind: 'static', credentials };
}

function secretsOf(admin: SecretsManagerClient): Pick<AwsFixture, 'write' | 'unwrap' | 'remove'> {
  return {
    async write(name, value) {
      const text = Buffer.from(value).toString('utf8');
      const content = Buffer.from(text).equals(value) ? { SecretString: text } : { SecretBinary: value };
      await admin.send(new CreateSecretCommand({ Name: name, ...content })).catch(async (error: unknown) => {
        if (!(error instanceof ResourceExistsException)) throw error;
        await admin.send(new PutSecretValueCommand({ SecretId: name, ...content }));
      });
      return name;
    },
    unwrap: (bytes) => bytes,
    async remove(name) {
      await admin.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }));
    },
  };
}
