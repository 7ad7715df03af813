/**
 * Every backend: where its options may come from, what they select, and what a reference may ask of it. From here come
 * the `<family>.<param>` annotations, the parameters of references and store definitions, and their tables.
 */
import type { Codec } from './codecs/codec.ts';
import { oneOf } from './codecs/codec.ts';
import { anyText } from './codecs/texts.ts';
import { apiPath, audience, awsRegion, awsRoleArn, origin, positiveInteger, roleName, word } from './codecs/stores.ts';

export type Family = 'aws' | 'vault' | 'azure' | 'gcp' | 'alibaba';

/** What a policy of the operator or the Namespace has to look at. */
export type Selects = 'store' | 'role';

export interface Option {
  readonly codec: Codec<string>;
  readonly summary: string;
  readonly example: string;
  readonly selects: Selects;
  /** Whether one reference may override it; annotations and store definitions always may. */
  readonly inReference: boolean;
}

/** What a reference may ask besides the name: it goes to the store with the call. */
export interface Read {
  readonly codec: Codec<string>;
  readonly summary: string;
  readonly example: string;
  readonly available: boolean;
}

export interface Backend {
  readonly family?: Family;
  readonly summary: string;
  /** How a secret is named there. */
  readonly names: string;
  readonly example: string;
  readonly available: boolean;
  /** Names there may start with a slash that belongs to them. */
  readonly leadingSlash?: true;
  readonly options: Readonly<Record<string, Option>>;
  /** A key that ends in a dot stands for every parameter that starts with it. */
  readonly reads: Readonly<Record<string, Read>>;
}

const vaultOptions = {
  address: {
    codec: origin,
    summary: 'address of Vault or OpenBao, from the operator’s list',
    example: 'https://vault.vault:8200',
    selects: 'store',
    inReference: false,
  },
  namespace: {
    codec: apiPath('path', 'team/a'),
    summary: 'Vault namespace',
    example: 'team/a',
    selects: 'store',
    inReference: true,
  },
  role: { codec: roleName, summary: 'role to log in with', example: 'web', selects: 'role', inReference: true },
  'auth-method': {
    codec: oneOf('kubernetes', 'jwt', 'approle', 'token'),
    summary: 'how to log in',
    example: 'jwt',
    selects: 'role',
    inReference: false,
  },
  'auth-path': {
    codec: apiPath('path', 'kubernetes'),
    summary: 'mount path of the auth method',
    example: 'kubernetes',
    selects: 'role',
    inReference: false,
  },
  audience: {
    codec: audience,
    summary: 'audience of the token that is shown to the store',
    example: 'https://vault.vault:8200',
    selects: 'role',
    inReference: false,
  },
} as const satisfies Record<string, Option>;

const awsOptions = {
  region: { codec: awsRegion, summary: 'region', example: 'eu-west-1', selects: 'store', inReference: true },
  'role-arn': {
    codec: awsRoleArn,
    summary: 'role to assume from the Pod’s identity',
    example: 'arn:aws:iam::123456789012:role/web',
    selects: 'role',
    inReference: true,
  },
  endpoint: {
    codec: origin,
    summary: 'endpoint instead of the region’s own, from the operator’s list',
    example: 'https://vpce-1.secretsmanager.eu-west-1.vpce.amazonaws.com',
    selects: 'store',
    inReference: false,
  },
} as const satisfies Record<string, Option>;

const azureOptions = {
  vault: {
    codec: word('vault', 'team-a'),
    summary: 'name of the Key Vault',
    example: 'team-a',
    selects: 'store',
    inReference: true,
  },
  cloud: {
    codec: oneOf('public', 'usgov', 'china'),
    summary: 'Azure cloud',
    example: 'public',
    selects: 'store',
    inReference: false,
  },
  'tenant-id': {
    codec: word('id', '00000000-0000-0000-0000-000000000000'),
    summary: 'tenant of the identity',
    example: '00000000-0000-0000-0000-000000000000',
    selects: 'role',
    inReference: false,
  },
  'client-id': {
    codec: word('id', '00000000-0000-0000-0000-000000000000'),
    summary: 'client id of the identity',
    example: '00000000-0000-0000-0000-000000000000',
    selects: 'role',
    inReference: false,
  },
} as const satisfies Record<string, Option>;

const gcpOptions = {
  project: {
    codec: word('project', 'team-a'),
    summary: 'project of short names',
    example: 'team-a',
    selects: 'store',
    inReference: true,
  },
  location: {
    codec: word('location', 'europe-west3'),
    summary: 'location of regional secrets',
    example: 'europe-west3',
    selects: 'store',
    inReference: true,
  },
  'service-account': {
    codec: word('account', 'web@team-a.iam.gserviceaccount.com'),
    summary: 'service account to act as',
    example: 'web@team-a.iam.gserviceaccount.com',
    selects: 'role',
    inReference: false,
  },
} as const satisfies Record<string, Option>;

const alibabaOptions = {
  region: {
    codec: word('region', 'eu-central-1'),
    summary: 'region',
    example: 'eu-central-1',
    selects: 'store',
    inReference: true,
  },
  endpoint: {
    codec: origin,
    summary: 'endpoint instead of the region’s own, from the operator’s list',
    example: 'https://kst-1.cryptoservice.kms.aliyuncs.com',
    selects: 'store',
    inReference: false,
  },
  'role-arn': {
    codec: word('acs:ram::<account>:role/<name>', 'acs:ram::1234567890123456:role/web'),
    summary: 'role to assume',
    example: 'acs:ram::1234567890123456:role/web',
    selects: 'role',
    inReference: true,
  },
} as const satisfies Record<string, Option>;

const versionId: Read = {
  codec: word('version id', 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111', 64),
  summary: 'id of a version',
  example: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111',
  available: true,
};
const stage: Read = {
  codec: word('stage', 'AWSPREVIOUS', 256),
  summary: 'staging label of a version',
  example: 'AWSPREVIOUS',
  available: true,
};
const versionNumber: Read = { codec: positiveInteger, summary: 'number of a version', example: '3', available: true };

export const BACKENDS = {
  'aws-secrets-manager': {
    family: 'aws',
    summary: 'AWS Secrets Manager',
    names: 'name or ARN',
    example: 'prod/db',
    available: true,
    leadingSlash: true,
    options: awsOptions,
    reads: { version: versionId, stage },
  },
  'aws-parameter-store': {
    family: 'aws',
    summary: 'AWS Systems Manager Parameter Store',
    names: 'parameter name',
    example: '/prod/db/password',
    available: false,
    leadingSlash: true,
    options: awsOptions,
    reads: { version: versionNumber, label: { ...stage, summary: 'label of a version', example: 'live' } },
  },
  vault: {
    family: 'vault',
    summary: 'HashiCorp Vault or OpenBao',
    names: 'full API path or `mount/path`',
    example: 'secret/db',
    available: true,
    options: vaultOptions,
    reads: {
      version: versionNumber,
      method: {
        codec: oneOf('get', 'put', 'post'),
        summary: 'HTTP method of the call',
        example: 'put',
        available: false,
      },
      'arg.': { codec: anyText('text'), summary: 'argument of the call', example: 'web.example.org', available: false },
    },
  },
  'azure-key-vault': {
    family: 'azure',
    summary: 'Azure Key Vault',
    names: '`secret/x`, `key/x`, `certificate/x` or `x`',
    example: 'db-password',
    available: false,
    options: azureOptions,
    reads: { version: versionId },
  },
  'gcp-secret-manager': {
    family: 'gcp',
    summary: 'Google Cloud Secret Manager',
    names: 'short or full resource name',
    example: 'db-password',
    available: false,
    options: gcpOptions,
    reads: {
      version: {
        codec: word('version', 'latest', 63),
        summary: 'number or alias of a version',
        example: '3',
        available: true,
      },
    },
  },
  'alibaba-secrets-manager': {
    family: 'alibaba',
    summary: 'Alibaba Cloud KMS Secrets Manager',
    names: 'secret name',
    example: 'db-password',
    available: false,
    options: alibabaOptions,
    reads: { version: versionId, stage: { ...stage, example: 'ACSPrevious' } },
  },
  kubernetes: {
    summary: 'a Secret of the Pod’s own namespace',
    names: 'Secret name',
    example: 'db',
    available: false,
    options: {},
    reads: {
      decrypt: {
        codec: oneOf('aws-kms', 'azure-key-vault', 'gcp-kms', 'vault-transit', 'alibaba-kms', 'file'),
        summary: 'key service that unwraps the envelope',
        example: 'aws-kms',
        available: false,
      },
      key: {
        codec: word('key id', 'alias/web', 2048),
        summary: 'key that the envelope must name',
        example: 'alias/web',
        available: false,
      },
    },
  },
  file: {
    summary: 'files under a root folder that the operator gives (development)',
    names: 'path under that root',
    example: 'db/password',
    available: true,
    options: {},
    reads: {},
  },
} as const satisfies Record<string, Backend>;

export type BackendId = keyof typeof BACKENDS;

export const BACKEND_IDS = Object.keys(BACKENDS) as readonly BackendId[];

export function isBackendId(text: string): text is BackendId {
  return Object.hasOwn(BACKENDS, text);
}

/** The same record without its literal types, for what works on any backend. */
export function backend(id: BackendId): Backend {
  return BACKENDS[id];
}
