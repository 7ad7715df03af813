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
import type { AwsSecretsManagerStore } from '../../contract/agent-config.ts';
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
  /** Of the user that `config` reads as. */
  readonly readerKeys: Readonly<Record<'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY', string>>;
  readonly at: (...args: Parameters<RemoteFixture['at']>) => AwsSecretsManagerStore;
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
  const readerKeys = filesOf(await createUser(server.address, 'reader', READ));
  const reader = await writeCredentials(join(folder, 'reader'), readerKeys);
  const strangerKeys = filesOf(await createUser(server.address, 'stranger'));
  const stranger = await writeCredentials(join(folder, 'stranger'), strangerKeys);
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
    readerKeys,
    roleArn,
    folder,
    admin,
    config: { ...here, identity: { kind: 'static', credentials: reader } },
    stranger: { ...here, identity: { kind: 'static', credentials: stranger } },
    previousStage: 'AWSPREVIOUS',
    absentVersion: '00000000-0000-4000-8000-000000000000',
    at: (endpoint, options = {}) => ({
      ...base,
      endpoint,
      identity: { kind: 'static', credentials: reader },
      ...options,
    }),
    async stop() {
      admin.destroy();
      await remote.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function filesOf({ accessKeyId, secretAccessKey }: AwsKeys): AwsFixture['readerKeys'] {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
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
