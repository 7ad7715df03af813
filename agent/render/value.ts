/** What a reference makes of the secret that its store gave: property first, then encoding. */
import type { ValueReference } from '../../contract/agent-config.ts';
import { StoreError } from '../stores/store.ts';
import { selectProperty } from './property.ts';

/** @throws StoreError `missing` or `configuration`, without any part of the value. */
export function renderValue(reference: ValueReference, secret: Uint8Array): Uint8Array {
  const selected = reference.property === undefined ? secret : selectProperty(secret, reference.property);
  return reference.encoding === undefined ? selected : decodeStrictly(selected, reference.encoding);
}

function decodeStrictly(bytes: Uint8Array, encoding: 'base64' | 'base64url'): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const decoded = Buffer.from(text, encoding);
  if (!spellings(decoded, encoding).includes(text))
    throw new StoreError(
      'configuration',
      `it is not ${encoding} (no space, line break or missing character is allowed)`,
    );
  return decoded;
}

/** Node's decoder skips what it does not know, so the text must be what the bytes encode to. */
function spellings(bytes: Buffer, encoding: 'base64' | 'base64url'): string[] {
  const text = bytes.toString(encoding);
  return encoding === 'base64' ? [text] : [text, text.padEnd(Math.ceil(text.length / 4) * 4, '=')];
}
