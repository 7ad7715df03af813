/** What a Pod gets: the keys that name a thing after their dot. */
import { oneOf } from '../codecs/codec.ts';
import { alias, configMapKey, containerName, label, storeId, variableName } from '../codecs/names.ts';
import { onChange } from '../codecs/on-change.ts';
import { fileName, folderName, mountPath, octalMode } from '../codecs/paths.ts';
import { anyText, command } from '../codecs/texts.ts';
import type { KeyPattern, Scope } from './annotation.ts';

const POD: readonly Scope[] = ['pod'];

/** Where `parse` reads a reference; the codec itself only refuses an empty one. */
const reference = anyText('reference');
const template = anyText('template');
const yaml = anyText('YAML map');

/** What gives a file, a variable or several of them. */
export const OUTPUTS = {
  file: {
    scope: POD,
    subject: fileName,
    exampleSubject: 'password',
    codec: reference,
    summary: 'a file with the exact bytes',
    example: 'vault:secret/db#password',
    available: true,
    inConfig: true,
  },
  'files-from': {
    scope: POD,
    subject: label,
    exampleSubject: 'db',
    codec: reference,
    summary: 'one file per property of a JSON object',
    example: 'vault:secret/db?keys=user,password&prefix=db-',
    available: false,
  },
  env: {
    scope: POD,
    subject: variableName,
    exampleSubject: 'DB_PASSWORD',
    codec: reference,
    summary: 'an environment variable',
    example: 'vault:secret/db#password',
    available: false,
  },
  'env-template': {
    scope: POD,
    subject: variableName,
    exampleSubject: 'DB_URL',
    codec: template,
    summary: 'a variable composed by a template',
    example: 'postgres://{{ db.user | uri }}@db',
    available: false,
  },
  'env-from': {
    scope: POD,
    subject: label,
    exampleSubject: 'db',
    codec: reference,
    summary: 'one variable per property of a JSON object',
    example: 'vault:secret/db?keys=user,password&prefix=DB_&upper=true',
    available: false,
  },
  template: {
    scope: POD,
    subject: fileName,
    exampleSubject: 'app.ini',
    codec: template,
    summary: 'a rendered file',
    example: 'password={{ db.password }}',
    available: false,
  },
  'template-from': {
    scope: POD,
    subject: fileName,
    exampleSubject: 'app.ini',
    codec: configMapKey,
    summary: 'a file rendered from a template in a ConfigMap',
    example: 'templates/app.ini',
    available: false,
  },
} as const satisfies Record<string, KeyPattern<string>>;

/** The YAML maps that carry outputs. */
export const MAPS = {
  config: {
    scope: POD,
    subject: containerName,
    exampleSubject: 'app',
    codec: yaml,
    summary: 'the same as `config`, for one container alone',
    example: 'file.password: vault:secret/db#password',
    available: false,
  },
} as const satisfies Record<string, KeyPattern<string>>;

/** What outputs are made of, and how single ones differ. */
export const DETAILS = {
  secret: {
    scope: POD,
    subject: alias,
    exampleSubject: 'db',
    codec: reference,
    summary: 'a value that templates use by this alias',
    example: 'vault:secret/db',
    available: false,
  },
  store: {
    scope: POD,
    subject: storeId,
    exampleSubject: 'prod',
    codec: anyText('`<backend>[?<option>=<value>&…]`'),
    summary: 'a store of the Pod’s own, to be named in references',
    example: 'aws-secrets-manager?region=eu-west-1',
    available: true,
  },
  'file-mode': {
    scope: POD,
    subject: fileName,
    exampleSubject: 'password',
    codec: octalMode,
    summary: 'mode of one file',
    example: '0400',
    available: true,
    inConfig: true,
  },
  format: {
    scope: POD,
    subject: fileName,
    exampleSubject: 'password',
    codec: oneOf('raw', 'json', 'yaml', 'dotenv', 'properties', 'shell'),
    summary: 'how an object value is written to one file',
    example: 'dotenv',
    available: false,
  },
  'on-change': {
    scope: POD,
    subject: fileName,
    exampleSubject: 'password',
    codec: onChange,
    summary: 'what to do when this file has changed',
    example: 'restart',
    available: false,
  },
  'mount-path': {
    scope: ['pod', 'namespace'],
    subject: folderName,
    exampleSubject: 'tls',
    codec: mountPath,
    summary: 'mounts one sub-folder of the files somewhere else',
    example: '/etc/nginx/ssl',
    available: false,
  },
  entrypoint: {
    scope: POD,
    subject: containerName,
    exampleSubject: 'app',
    codec: command,
    summary: 'the command of a container whose image brings its own',
    example: '["/docker-entrypoint.sh","postgres"]',
    available: false,
  },
} as const satisfies Record<string, KeyPattern>;
