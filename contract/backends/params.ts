/** Parameters of references that no store sees: what happens to the value once it is there. */
import { listOf, oneOf } from '../codecs/codec.ts';
import type { Codec } from '../codecs/codec.ts';
import { variableName } from '../codecs/names.ts';
import { anyText } from '../codecs/texts.ts';
import type { Read } from './reads.ts';

const boolean = oneOf('true', 'false');
const text: Codec<string> = { syntax: 'text', decode: (text) => ({ ok: true, value: text }) };
const keys: Codec<string> = { syntax: 'comma list', decode: checkedList };
const keysOf: Read = { codec: keys, summary: 'the properties to pick', example: 'user,password', available: true };

function checkedList(list: string): ReturnType<Codec<string>['decode']> {
  const items = listOf(anyText('property')).decode(list);
  return items.ok ? { ok: true, value: list } : items;
}

/** Of every reference. */
export const COMMON_PARAMS: Readonly<Record<string, Read>> = {
  encoding: {
    codec: oneOf('base64', 'base64url'),
    summary: 'how the value is encoded: it is decoded once, strictly',
    example: 'base64',
    available: true,
  },
  optional: {
    codec: boolean,
    summary: 'no output, instead of an error, where the secret or property does not exist at the first fetch',
    example: 'true',
    available: true,
  },
  default: {
    codec: text,
    summary: 'the value where the secret or property does not exist at the first fetch',
    example: 'guest',
    available: true,
  },
  as: {
    codec: oneOf('cert-pem', 'key-pem', 'chain-pem', 'pkcs12'),
    summary: 'a certificate or key in another form',
    example: 'chain-pem',
    available: false,
  },
};

/** Of outputs that give several files or variables, by the head of their key. */
export const OUTPUT_PARAMS: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  'files-from': {
    keys: keysOf,
    prefix: { codec: anyText('text'), summary: 'stands before each file name', example: 'db-', available: true },
  },
  'env-from': {
    keys: keysOf,
    prefix: { codec: variableName, summary: 'stands before each variable name', example: 'DB_', available: true },
    upper: { codec: boolean, summary: 'variable names in upper case', example: 'true', available: true },
  },
};

export function outputParams(head: string): Readonly<Record<string, Read>> {
  return (Object.hasOwn(OUTPUT_PARAMS, head) ? OUTPUT_PARAMS[head] : undefined) ?? {};
}
