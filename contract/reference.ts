/** A reference to a secret: `[<store>:]<name>[?<param>=<value>&…][#<property>]`. */
import { refuse } from './codecs/codec.ts';
import { within } from './nearest.ts';
import { percentDecode, percentEncode } from './percent.ts';
import type { Fill } from './placeholders.ts';
import { hasControl, quote } from './text.ts';

export interface Reference {
  /** Absent: the Pod's default store. */
  readonly store?: string;
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly property?: string;
}

export interface ReferenceContext {
  /** What is read as a store before a colon: backend ids and the Pod's own stores. */
  readonly stores: readonly string[];
  readonly fill: Fill;
}

export interface ParsedReference {
  /** As good as it could be read, so that more can be said about it. */
  readonly reference: Reference;
  /** Everything wrong with it; it must not be used unless there is nothing. */
  readonly reasons: readonly string[];
}

const LONGEST = 2048;
const TOO_LONG = `has a name of more than ${LONGEST} characters`;
const MOST_PARAMS = 64;
/** A prefix within so many edits of a store is taken for a slip. */
const SLIP = 2;

/** Params are decoded, and not yet checked: what they may be depends on the store. */
export function parseReference(text: string, context: ReferenceContext): ParsedReference {
  const reasons: string[] = [];
  const { head, query, fragment } = split(text);
  const { store, rest } = splitStore(head, context.stores, reasons);
  const name = parseName(rest, context.fill, reasons);
  const params = query === undefined ? {} : parseParams(query, reasons);
  const property = fragment === undefined ? {} : { property: parseProperty(fragment, reasons) };
  return { reference: { ...(store !== undefined && { store }), name, params, ...property }, reasons };
}

export function printReference({ store, name, params, property }: Reference): string {
  // Without a store, a colon could be read as the end of one.
  const special = store !== undefined || isArn(name) ? '?#{}' : '?#{}:';
  const query = printParams(params);
  return [
    store === undefined ? '' : `${store}:`,
    percentEncode(name, special),
    query === '' ? '' : `?${query}`,
    property === undefined ? '' : `#${percentEncode(property, '?#')}`,
  ].join('');
}

function printParams(params: Readonly<Record<string, string>>): string {
  const encoded = Object.entries(params).map(
    ([key, value]) => `${percentEncode(key, '?#&={')}=${percentEncode(value, '?#&{')}`,
  );
  return encoded.join('&');
}

function split(text: string): { head: string; query: string | undefined; fragment: string | undefined } {
  const [before, fragment] = cut(text, '#');
  const [head, query] = cut(before, '?');
  return { head, query, fragment };
}

/** At the first mark, if there is one. */
export function cut(text: string, mark: string): [before: string, after: string | undefined] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

function isArn(name: string): boolean {
  return name.startsWith('arn:');
}

function splitStore(head: string, stores: readonly string[], reasons: string[]): { store?: string; rest: string } {
  const [prefix, rest] = cut(head, ':');
  if (rest === undefined || prefix.includes('{') || isArn(head)) return { rest: head };
  if (stores.includes(prefix)) return { store: prefix, rest };
  const close = within(prefix.toLowerCase(), stores, SLIP);
  if (close === undefined) return { rest: head };
  reasons.push(
    `${quote(`${prefix}:`)} looks like a slip of ${quote(`${close}:`)} (write %3A for a colon that belongs to the name)`,
  );
  return { store: close, rest };
}

function parseName(raw: string, fill: Fill, reasons: string[]): string {
  const before = reasons.length;
  // Each byte may take three characters.
  if (raw.length > 3 * LONGEST) return keep(refuse(TOO_LONG), reasons);
  const name = raw
    .split(/(\{[^{}]*\})/)
    .map((piece, i) => (i % 2 === 1 ? keep(fill(piece.slice(1, -1)), reasons) : literal(piece, reasons)))
    .join('');
  // A piece that could not be read is told already, and would look like an empty segment here.
  if (reasons.length > before) return name;
  if (name === '') reasons.push('names no secret');
  else if (name.length > LONGEST) reasons.push(TOO_LONG);
  else if (hasControl(name)) reasons.push('has a control character in its name, perhaps a line end');
  else reasons.push(...badSegments(name));
  return name;
}

/** A slash at the start is left to the backend: in some it belongs to the name. */
function badSegments(name: string): string[] {
  const segments = name.replace(/^\//, '').split('/');
  const bad = segments.find((segment) => segment === '' || segment === '.' || segment === '..');
  return bad === undefined ? [] : [`has ${bad === '' ? 'an empty segment' : `a segment ${quote(bad)}`} in its name`];
}

function literal(piece: string, reasons: string[]): string {
  if (/[{}]/.test(piece)) reasons.push('has a brace that is no placeholder: write %7B and %7D for plain ones');
  return keep(percentDecode(piece), reasons);
}

/** `<param>=<value>&…`, decoded and not yet checked. */
export function parseParams(query: string, reasons: string[]): Record<string, string> {
  const params = new Map<string, string>();
  const pairs = query.split('&');
  if (pairs.length > MOST_PARAMS) reasons.push(`has more than ${MOST_PARAMS} parameters`);
  for (const pair of pairs.slice(0, MOST_PARAMS)) {
    const [rawKey, rawValue] = cut(pair, '=');
    if (rawKey === '' || rawValue === undefined) {
      reasons.push(rawKey === '' ? 'has an empty parameter' : `has a parameter ${quote(rawKey)} without "="`);
      continue;
    }
    const key = keep(percentDecode(rawKey), reasons);
    if (params.has(key)) reasons.push(`gives the parameter ${quote(key)} twice`);
    if (/\{pod\./.test(rawValue))
      reasons.push(`has a placeholder in the parameter ${quote(key)}: they work in the name alone`);
    params.set(key, keep(percentDecode(rawValue), reasons));
  }
  return Object.fromEntries(params);
}

function parseProperty(raw: string, reasons: string[]): string {
  if (raw === '') reasons.push('has a "#" and no property after it');
  if (raw.includes('?'))
    reasons.push('has a "?" after "#": parameters stand before the property (write %3F for a plain one)');
  if (raw.includes('#')) reasons.push('has a second "#": write %23 for a plain one');
  const property = keep(percentDecode(raw), reasons);
  if (hasControl(property)) reasons.push('has a control character in its property, perhaps a line end');
  return property;
}

function keep(decoded: ReturnType<typeof percentDecode>, reasons: string[]): string {
  if (decoded.ok) return decoded.value;
  reasons.push(decoded.reason);
  return '';
}
