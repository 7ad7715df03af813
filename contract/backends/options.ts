/** What selects a store or an identity there, per family of backends. */
import type { Codec } from '../codecs/codec.ts';
import { oneOf } from '../codecs/codec.ts';
import { apiPath, audience, awsRegion, awsRoleArn, origin, roleName, word } from '../codecs/stores.ts';

/** What a policy of the operator or the Namespace has to look at. */
type Selects = 'store' | 'role';

export interface Option {
  readonly codec: Codec<string>;
  readonly summary: string;
  readonly example: string;
  readonly selects: Selects;
  /** Whether one reference may override it; annotations and store definitions always may. */
  readonly inReference: boolean;
}

export const vaultOptions = {
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

export const awsOptions = {
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

export const azureOptions = {
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

export const gcpOptions = {
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

export const alibabaOptions = {
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
    codec: word('`acs:ram::<account>:role/<name>`', 'acs:ram::1234567890123456:role/web'),
    summary: 'role to assume',
    example: 'acs:ram::1234567890123456:role/web',
    selects: 'role',
    inReference: true,
  },
} as const satisfies Record<string, Option>;
