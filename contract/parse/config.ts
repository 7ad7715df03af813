/** The YAML map of `config`: strings to strings, and nothing else that YAML can do. */
import { CST, isAlias, isMap, isScalar, Lexer, parseAllDocuments } from 'yaml';
import type { Document, Pair } from 'yaml';
import { quote } from '../text.ts';

export interface ConfigMap {
  readonly pairs: readonly (readonly [key: string, text: string])[];
  readonly reasons: readonly string[];
}

/** More pairs than any Pod may have keys: no use in reading on. */
const MOST_PAIRS = 512;
/** The parser takes quadratic time on some nonsense, so nonsense of any size never reaches it. */
const MOST_LINES = 10_000;
const MOST_TOKENS = 10 * MOST_PAIRS;
const FILLING = new Set(['comment', 'newline', 'space']);

/** Never repeats a value: the reasons name keys and lines. */
export function readConfig(text: string): ConfigMap {
  if (isHuge(text)) return failed(`is too long: at most ${MOST_PAIRS} keys in ${MOST_LINES} lines`);
  const documents = parseAllDocuments(text, {
    uniqueKeys: false,
    merge: false,
    prettyErrors: true,
    logLevel: 'silent',
  });
  const [document, ...others] = Array.isArray(documents) ? documents : [];
  if (document === undefined) return { pairs: [], reasons: [] };
  if (others.length > 0) return failed('has more than one YAML document');
  const [error] = document.errors;
  if (error !== undefined)
    return failed(`is not valid YAML${line(error.linePos?.[0].line)} (${error.code.toLowerCase()})`);
  return readMap(document);
}

function isHuge(text: string): boolean {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) if (++lines > MOST_LINES) return true;
  let tokens = 0;
  for (const token of new Lexer().lex(text))
    if (!FILLING.has(CST.tokenType(token) ?? '') && ++tokens > MOST_TOKENS) return true;
  return false;
}

function failed(reason: string): ConfigMap {
  return { pairs: [], reasons: [reason] };
}

function line(number: number | undefined): string {
  return number === undefined ? '' : ` in line ${number}`;
}

function readMap({ contents, directives }: Document.Parsed): ConfigMap {
  if (directives.yaml.explicit) return failed('has a YAML directive: leave it out');
  if (contents === null || (isScalar(contents) && contents.value === null)) return { pairs: [], reasons: [] };
  if (!isMap(contents)) return failed('must be a YAML map from keys to strings');
  const own = special(contents);
  if (own !== undefined) return failed(own);
  if (contents.items.length > MOST_PAIRS) return failed(`has more than ${MOST_PAIRS} keys`);
  return readPairs(contents.items);
}

function readPairs(items: readonly Pair[]): ConfigMap {
  const pairs = new Map<string, string>();
  const reasons: string[] = [];
  for (const item of items) {
    const key = readKey(item.key);
    const value = key.ok ? readString(item.value) : key;
    if (!key.ok) reasons.push(key.reason);
    else if (!value.ok) reasons.push(`${quote(key.text, 80)} ${value.reason}`);
    else if (pairs.has(key.text)) reasons.push(`${quote(key.text, 80)} stands there twice`);
    else pairs.set(key.text, value.text);
  }
  return { pairs: [...pairs], reasons };
}

type Read = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

function readKey(node: unknown): Read {
  if (isScalar(node) && node.value === '<<') return { ok: false, reason: 'has a merge (<<): write the keys out' };
  const read = readString(node);
  return read.ok ? read : { ok: false, reason: `has a key that ${read.reason}` };
}

function readString(node: unknown): Read {
  const odd = special(node);
  if (odd !== undefined) return { ok: false, reason: odd };
  if (isScalar(node) && typeof node.value === 'string') return { ok: true, text: node.value };
  return { ok: false, reason: 'is not a string: put it in quotation marks' };
}

function special(node: unknown): string | undefined {
  if (isAlias(node)) return 'has a YAML alias: write the text out';
  if (!isScalar(node) && !isMap(node)) return undefined;
  if (node.anchor !== undefined) return 'has a YAML anchor: leave it out';
  return node.tag === undefined ? undefined : 'has a YAML tag: leave it out';
}
