/** What a reference asks of a store besides the name: it goes there with the call. */
import type { Codec } from '../codecs/codec.ts';
import { positiveInteger, word } from '../codecs/stores.ts';

export interface Read {
  readonly codec: Codec<string>;
  readonly summary: string;
  readonly example: string;
  readonly available: boolean;
}

export const versionId: Read = {
  codec: word('version id', 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111', 64),
  summary: 'id of a version',
  example: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111',
  available: true,
};
export const stage: Read = {
  codec: word('stage', 'AWSPREVIOUS', 256),
  summary: 'staging label of a version',
  example: 'AWSPREVIOUS',
  available: true,
};
export const versionNumber: Read = {
  codec: positiveInteger,
  summary: 'number of a version',
  example: '3',
  available: true,
};
