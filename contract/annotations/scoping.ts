/** What opens, records or bounds injection, and is neither a setting nor an output. */
import { oneOf } from '../codecs/codec.ts';
import { anyText, expression } from '../codecs/texts.ts';
import type { Annotation } from './annotation.ts';

export const PLAIN = {
  inject: {
    scope: ['pod'],
    codec: oneOf('true', 'false'),
    default: 'true',
    summary: '`"false"`: nothing is looked at',
    example: 'true',
    available: true,
  },
  status: {
    scope: ['pod'],
    codec: anyText('`injected`'),
    summary: 'written by the webhook',
    example: 'injected',
    available: true,
  },
  config: {
    scope: ['pod'],
    codec: anyText('YAML map'),
    summary: 'a YAML map from the same keys without prefix to strings',
    example: 'file.tls/ca.crt: vault:secret/tls#ca',
    available: true,
  },
} as const satisfies Record<string, Annotation>;

/** For whoever may edit the Namespace; never an annotation of a Pod. */
export const POLICY = {
  'permitted-names': {
    scope: ['namespace'],
    codec: expression,
    summary: 'must match the whole `<backend>:<name>` of every reference',
    example: 'vault:secret/team-a/.*',
    available: false,
  },
  'permitted-stores': {
    scope: ['namespace'],
    codec: expression,
    summary: 'must match whatever selects a store',
    example: 'https://vault.vault:8200',
    available: false,
  },
  'permitted-roles': {
    scope: ['namespace'],
    codec: expression,
    summary: 'must match every role, key and `credentials-secret`',
    example: 'team-a-.*',
    available: false,
  },
} as const satisfies Record<string, Annotation>;
