/**
 * Every backend: where its options may come from, what they select, and what a reference may ask of it. From here come
 * the `<family>.<param>` annotations, the parameters of references and store definitions, and their tables.
 */
import type { Option } from './backends/options.ts';
import { alibabaOptions, awsOptions, azureOptions, gcpOptions, vaultOptions } from './backends/options.ts';
import type { Read } from './backends/reads.ts';
import { stage, versionId, versionNumber } from './backends/reads.ts';
import { oneOf } from './codecs/codec.ts';
import { anyText } from './codecs/texts.ts';
import { word } from './codecs/stores.ts';

export type Family = 'aws' | 'vault' | 'azure' | 'gcp' | 'alibaba';

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

const BACKENDS = {
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

export type { Option } from './backends/options.ts';
