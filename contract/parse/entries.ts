/** From raw keys to entries of the table. */
import type { Scope } from '../annotations/annotation.ts';
import { PLAIN, POLICY } from '../annotations/scoping.ts';
import type { Known } from '../annotations.ts';
import { EXACT, lookUp, PATTERNS } from '../annotations.ts';
import { refuse } from '../codecs/codec.ts';
import { PREFIX } from '../layout.ts';
import { nearest } from '../nearest.ts';
import { quote } from '../text.ts';
import type { Problems } from './problems.ts';

/** One key and its value, both of them well-formed. */
export interface Entry extends Known {
  /** Without prefix. */
  readonly key: string;
  readonly text: string;
  /** As the codec of the table decodes it. */
  readonly value: unknown;
  /** The annotation, as messages name it. */
  readonly where: string;
  /** Whether it stands in the YAML map `config`. */
  readonly mapped?: true;
}

/** Where keys come from. */
export interface Source {
  readonly where: (key: string) => string;
  readonly scope: Scope | 'operator';
  readonly mapped?: true;
}

type Pair = readonly [key: string, text: string];

/** Our annotations without their prefix, sorted, so that messages do not depend on the order they came in. */
export function ownKeys(annotations: Readonly<Record<string, string>>): readonly Pair[] {
  const own: [string, string][] = [];
  for (const key of Object.keys(annotations))
    if (key.startsWith(PREFIX)) own.push([key.slice(PREFIX.length), annotations[key] ?? '']);
  return own.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The entry, or nothing and a problem. */
export function readEntry([key, text]: Pair, source: Source, problems: Problems): Entry | undefined {
  const where = source.where(key);
  const read = decodeEntry([key, text], source);
  if (read.ok) return { ...read.value, key, text, where, ...(source.mapped && { mapped: true }) };
  problems.add(where, read.reason);
  return undefined;
}

type Read =
  | { readonly ok: true; readonly value: Known & { readonly value: unknown } }
  | { readonly ok: false; readonly reason: string | (() => string) };

function decodeEntry([key, text]: Pair, source: Source): Read {
  const known = lookUp(key);
  if (known === undefined)
    return { ok: false, reason: () => `unknown annotation; nearest valid name: ${nearestKey(key)}` };
  const reason = scopeReason(known, source) ?? subjectReason(known);
  if (reason !== undefined) return refuse(reason);
  if (typeof text !== 'string') return refuse('must be a string: put it in quotation marks');
  const decoded = known.annotation.codec.decode(text);
  return decoded.ok ? { ok: true, value: { ...known, value: decoded.value } } : decoded;
}

function scopeReason({ annotation, head, pattern }: Known, { scope, mapped }: Source): string | undefined {
  if (mapped && Object.hasOwn(PLAIN, head)) return 'cannot stand in a config map: write it as an annotation of its own';
  if (scope === 'pod')
    return annotation.scope.includes('pod') ? undefined : 'only a Namespace may have this annotation';
  if (scope === 'namespace')
    return annotation.scope.includes('namespace') ? undefined : 'a Namespace may not set this: it belongs to the Pod';
  const plain =
    pattern !== undefined || Object.hasOwn(PLAIN, head) || Object.hasOwn(POLICY, head) || head === 'containers';
  return plain ? 'is no default that an operator can give' : undefined;
}

function subjectReason({ pattern, subject = '' }: Known): string | undefined {
  if (pattern === undefined) return undefined;
  const decoded = pattern.subject.decode(subject);
  return decoded.ok ? undefined : `${quote(subject)} after the dot: ${decoded.reason}`;
}

function nearestKey(key: string): string {
  const dot = key.indexOf('.');
  const rest = dot === -1 ? '<…>' : key.slice(dot + 1);
  const candidates = [...Object.keys(EXACT), ...Object.keys(PATTERNS).map((head) => `${head}.${rest}`)];
  return quote(PREFIX + (nearest(key, candidates) ?? ''), 80);
}
