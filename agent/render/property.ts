/** One property of a secret that is JSON. */
import { member, parseExactJson } from '../stores/shared/exact-json.ts';
import { StoreError } from '../stores/store.ts';

/**
 * At each level the longest literal key wins, else the part before a dot; text that is JSON itself is looked into.
 * @throws StoreError `missing` without the property, `configuration` where there is no JSON to have one.
 */
export function selectProperty(bytes: Uint8Array, property: string): Uint8Array {
  const secret = parseOrRefuse(decodeUtf8(bytes), `it is not JSON, so it has no property "${property}"`);
  const found = descend(secret, property, property);
  if (found === undefined) throw new StoreError('missing', `it has no property "${property}"`);
  const text = typeof found === 'string' ? found : JSON.stringify(found);
  if (!text.isWellFormed()) throw new StoreError('configuration', `property "${property}" is not valid Unicode text`);
  return Buffer.from(text);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The parser's own message quotes the secret; it ends here. */
function parseOrRefuse(text: string | undefined, refusal: string): unknown {
  try {
    if (text !== undefined) return parseExactJson(text);
  } catch {
    // refused below
  }
  throw new StoreError('configuration', refusal);
}

function descend(value: unknown, path: string, property: string): unknown {
  const refusal = `what lies before "${path}" in property "${property}" is not JSON`;
  const level = typeof value === 'string' ? parseOrRefuse(value, refusal) : value;
  for (const key of literalKeys(path)) {
    const found = child(level, key);
    if (found === undefined) continue;
    return key === path ? found : descend(found, path.slice(key.length + 1), property);
  }
  return undefined;
}

/** `a.b.c` → `a.b.c`, `a.b`, `a`. */
function* literalKeys(path: string): Generator<string> {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) yield path.slice(0, end);
}

/** Only what the text itself has: neither `toString` nor an array's length, nor the inside of a number. */
function child(level: unknown, key: string): unknown {
  if (isNumber(level) || (Array.isArray(level) && !/^(?:0|[1-9]\d*)$/.test(key))) return undefined;
  return member(level, key);
}

const { isRawJSON: isNumber } = JSON as JSON & { readonly isRawJSON: (value: unknown) => boolean };
