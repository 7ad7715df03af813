/** How the agent behaves: one value each per Pod. */
import { listOf, oneOf } from '../codecs/codec.ts';
import { duration } from '../codecs/duration.ts';
import { containerName, quantity, secretName, storeId } from '../codecs/names.ts';
import { onChange } from '../codecs/on-change.ts';
import { autoOrMode, mountPath } from '../codecs/paths.ts';
import { delimiters } from '../codecs/texts.ts';
import type { Annotation, Scope } from './annotation.ts';
import { openSetting, setting } from './annotation.ts';

const POD: readonly Scope[] = ['pod'];
/** Harmless ones: neither where the agent goes nor as whom. */
const BOTH: readonly Scope[] = ['pod', 'namespace'];

const resource = (what: string, example: string) =>
  openSetting({ scope: BOTH, codec: quantity, unset: 'the operator’s', summary: `${what} of the agent`, example });

export const SETTINGS = {
  backend: openSetting({
    scope: POD,
    codec: storeId,
    summary: 'the store of references that name none',
    example: 'vault',
  }),
  mode: setting({
    scope: BOTH,
    codec: oneOf('refresh', 'once'),
    default: 'refresh',
    summary: '`refresh` keeps the files current, `once` fetches at start only',
    example: 'once',
  }),
  'native-sidecar': setting({
    scope: BOTH,
    codec: oneOf('auto', 'always', 'never'),
    default: 'auto',
    summary: 'whether the agent is an init container that stays; `auto`: from Kubernetes 1.33',
    example: 'always',
  }),
  'start-gate': setting({
    scope: BOTH,
    codec: oneOf('hook', 'probe'),
    default: 'hook',
    summary:
      'what holds the app back: a bounded `postStart` wait, or a startup probe that waits as long as `init-timeout`',
    example: 'probe',
  }),
  'init-timeout': openSetting({
    scope: BOTH,
    codec: duration(1000),
    unset: '20s; 2m with `probe` or a plain init container',
    summary: 'how long the first fetch is tried again; at most 25s with `hook`',
    example: '15s',
  }),
  'env-mode': setting({
    scope: BOTH,
    codec: oneOf('auto', 'exec', 'kubelet'),
    default: 'auto',
    summary: 'how `env.*` arrives',
    example: 'auto',
    available: ['auto'],
  }),
  'refresh-interval': setting({
    scope: BOTH,
    codec: duration(1000),
    default: '5m',
    summary: 'time between two looks at the stores, ±10 %; at least 1s',
    example: '30s',
  }),
  residency: setting({
    scope: BOTH,
    codec: oneOf('auto', 'awake', 'asleep'),
    default: 'auto',
    summary: 'whether the agent stays in memory between two refreshes',
    example: 'awake',
    available: ['auto', 'awake'],
  }),
  'mount-path': setting({
    scope: BOTH,
    codec: mountPath,
    default: '/secrets',
    summary: 'where the files appear, read-only, in the selected containers',
    example: '/etc/secrets',
  }),
  containers: openSetting({
    scope: POD,
    codec: listOf(containerName),
    unset: 'all',
    summary: 'the containers that get the files',
    example: 'app, worker',
  }),
  order: setting({
    scope: BOTH,
    codec: oneOf('first', 'last'),
    default: 'first',
    summary: 'where the agent stands among the init containers',
    example: 'last',
  }),
  'file-mode': setting({
    scope: BOTH,
    codec: autoOrMode,
    default: 'auto',
    summary: 'mode of the files; `auto`: 0440 where every selected container can surely read it, else 0444',
    example: '0440',
  }),
  'on-change': setting({
    scope: POD,
    codec: onChange,
    default: 'none',
    summary: 'what to do when a file has changed',
    example: 'signal:SIGHUP:app',
    available: ['none'],
  }),
  'max-staleness': openSetting({
    scope: BOTH,
    codec: duration(1000),
    summary: 'age of the last good value from which the agent is no longer ready',
    example: '1h',
    available: false,
  }),
  'credentials-secret': openSetting({
    scope: POD,
    codec: secretName,
    summary: 'a Secret of the namespace with static keys for the stores, for the agent alone',
    example: 'store-keys',
  }),
  'agent-cpu-request': resource('CPU request', '10m'),
  'agent-cpu-limit': resource('CPU limit', '100m'),
  'agent-memory-request': resource('memory request', '48Mi'),
  'agent-memory-limit': resource('memory limit', '96Mi'),
  'log-level': openSetting({
    scope: BOTH,
    codec: oneOf('debug', 'info', 'warn', 'error'),
    unset: 'the operator’s',
    summary: 'how much the agent logs',
    example: 'debug',
  }),
  'template-delimiters': openSetting({
    scope: POD,
    codec: delimiters,
    unset: '`{{ }}`',
    summary: 'marks around the expressions of templates, for those who write Helm',
    example: '[[ ]]',
    available: false,
  }),
} as const satisfies Record<string, Annotation>;

type Table = typeof SETTINGS;
type Value<A> = A extends Annotation<infer T> ? (A extends { readonly default: string } ? T : T | undefined) : never;

/** Every setting of a Pod, by its key without prefix; durations in milliseconds, modes as permission bits. */
export type Settings = { readonly [K in keyof Table]: Value<Table[K]> };
