/** Which stores the Pod's references go to, and with which options. */
import { optionKey } from '../annotations.ts';
import type { BackendId } from '../backends.ts';
import { backend, BACKEND_IDS, isBackendId } from '../backends.ts';
import { nearest } from '../nearest.ts';
import { cut, parseParams } from '../reference.ts';
import { quote } from '../text.ts';
import type { Entry } from './entries.ts';

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reasons: readonly string[] };

export type Options = Readonly<Record<string, string>>;

/** A store that the Pod names itself. */
export interface NamedStore {
  readonly backend: BackendId;
  readonly options: Options;
  readonly where: string;
}

/** `<backend>[?<option>=<value>&…]` */
export function parseStore(text: string, where: string): Parsed<NamedStore> {
  const [id, query] = cut(text, '?');
  if (!isBackendId(id))
    return {
      ok: false,
      reasons: [`must start with a backend, not ${quote(id)}; nearest valid name: ${nearest(id, BACKEND_IDS) ?? ''}`],
    };
  const reasons: string[] = [];
  const params = query === undefined ? {} : parseParams(query, reasons);
  const options = readOptions(id, params, reasons);
  if (!backend(id).available) reasons.push(`${id} is not available yet`);
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, value: { backend: id, options, where } };
}

/** Options that a store definition or a reference gives, each checked. */
export function readOptions(id: BackendId, params: Options, reasons: string[]): Options {
  const { options } = backend(id);
  const read = Object.entries(params).map(([name, text]) => {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    const decoded = option?.codec.decode(text);
    if (decoded === undefined) reasons.push(unknownParam(id, name, Object.keys(options)));
    else if (!decoded.ok) reasons.push(`parameter ${quote(name)} ${decoded.reason}`);
    return [name, decoded?.ok ? decoded.value : ''] as const;
  });
  return Object.fromEntries(read);
}

/** Says which parameter cannot be honoured, and what could have been meant. */
export function unknownParam(id: BackendId, name: string, valid: readonly string[]): string {
  const close = nearest(name, valid);
  return `has a parameter ${quote(name)} that ${id} cannot honour here${close === undefined ? '' : `; nearest valid name: ${close}`}`;
}

/** The options that annotations give to every store of a backend, and the first of these annotations. */
export function familyOptions(
  id: BackendId,
  entries: ReadonlyMap<string, Entry>,
): { readonly options: Options; readonly origin: string | undefined } {
  const { family, options } = backend(id);
  const given = Object.keys(options).flatMap((name) => {
    const entry = entries.get(optionKey(family, name) ?? '');
    return entry !== undefined && typeof entry.value === 'string'
      ? [{ name, value: entry.value, where: entry.where }]
      : [];
  });
  return { options: Object.fromEntries(given.map(({ name, value }) => [name, value])), origin: given[0]?.where };
}
