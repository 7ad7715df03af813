/** A reference in its Pod: which store it means, and whether that store can honour it. */
import type { ValueReference } from '../agent-config.ts';
import type { BackendId } from '../backends.ts';
import { backend, BACKEND_IDS, isBackendId } from '../backends.ts';
import { COMMON_PARAMS, outputParams } from '../backends/params.ts';
import { nearest } from '../nearest.ts';
import type { Fill } from '../placeholders.ts';
import type { Reference } from '../reference.ts';
import { parseReference, printReference } from '../reference.ts';
import { quote } from '../text.ts';
import type { StoreUse } from './merge.ts';
import type { NamedStore, Options, Parsed } from './stores.ts';
import { readOptions, unknownParam } from './stores.ts';

export interface ReferenceScope {
  readonly fill: Fill;
  /** The Pod's own stores; undefined where the definition itself has a problem, which is told already. */
  readonly named: ReadonlyMap<string, NamedStore | undefined>;
  readonly defaultStore: string | undefined;
  /** Options from `<family>.<param>` annotations and operator defaults, and the annotation they come from. */
  readonly given: (id: BackendId) => { readonly options: Options; readonly origin: string | undefined };
}

/** A reference whose store has no id yet. */
export interface ResolvedReference {
  readonly value: Omit<ValueReference, 'store'>;
  readonly use: StoreUse;
}

/** @returns no reasons where the only thing wrong is a store definition, which has a problem of its own */
export function resolveReference(
  text: string,
  output: string,
  where: string,
  scope: ReferenceScope,
): Parsed<ResolvedReference> {
  const stores = [...BACKEND_IDS, ...scope.named.keys()];
  const { reference, reasons } = parseReference(text, { stores, fill: scope.fill });
  const store = reference.store ?? scope.defaultStore;
  if (store === undefined) return { ok: false, reasons: [...reasons, NO_STORE] };
  const named = scope.named.get(store);
  const id = named?.backend ?? store;
  if (!isBackendId(id)) return { ok: false, reasons };
  return inStore(reference, id, { output, where, scope, named, namedAs: named && store }, [...reasons]);
}

const NO_STORE =
  'names no store, and the Pod has no default: start it with one, as in vault:…, or set secrets.inject/backend';

interface Place {
  readonly output: string;
  readonly where: string;
  readonly scope: ReferenceScope;
  readonly named: NamedStore | undefined;
  readonly namedAs: string | undefined;
}

function inStore(reference: Reference, id: BackendId, place: Place, reasons: string[]): Parsed<ResolvedReference> {
  if (reference.name.startsWith('/') && !backend(id).leadingSlash)
    reasons.push('has an empty segment in its name: leave out the / at its start');
  const { options, reads } = sortParams(reference.params, id, place.output, reasons);
  if (!backend(id).available) reasons.push(`${id} is not available yet`);
  if (reasons.length > 0) return { ok: false, reasons };
  return { ok: true, value: { value: valueOf(reference, reads), use: useOf(id, options, place) } };
}

function sortParams(
  params: Options,
  id: BackendId,
  output: string,
  reasons: string[],
): { options: Options; reads: Options } {
  const { options, reads } = backend(id);
  const overridable = Object.keys(options).filter((name) => options[name]?.inReference);
  const own = new Map(Object.entries({ ...reads, ...COMMON_PARAMS, ...outputParams(output) }));
  const found: { options: Record<string, string>; reads: Record<string, string> } = { options: {}, reads: {} };
  for (const [name, text] of Object.entries(params)) {
    const spec = own.get(name) ?? own.get(name.replace(/\..+$/s, '.'));
    if (overridable.includes(name)) found.options[name] = text;
    else if (spec === undefined) reasons.push(unknownParam(id, name, [...own.keys(), ...overridable]));
    else {
      const decoded = spec.codec.decode(text);
      if (!decoded.ok) reasons.push(`parameter ${quote(name)} ${decoded.reason}`);
      else if (!spec.available) reasons.push(`parameter ${quote(name)} is not available yet`);
      else if (Object.hasOwn(reads, name)) found.reads[name] = decoded.value;
    }
  }
  return { options: readOptions(id, found.options, reasons), reads: found.reads };
}

function valueOf(reference: Reference, reads: Options): Omit<ValueReference, 'store'> {
  const { encoding, optional, default: fallback } = reference.params;
  return {
    text: forMessages(reference),
    name: reference.name,
    params: reads,
    ...(reference.property !== undefined && { property: reference.property }),
    ...((encoding === 'base64' || encoding === 'base64url') && { encoding }),
    ...(optional === 'true' && { optional: true }),
    ...(fallback !== undefined && { default: fallback }),
  };
}

/** A default may be a secret: it stands in no message. */
function forMessages(reference: Reference): string {
  const params = Object.entries(reference.params).map(
    ([name, text]) => [name, name === 'default' ? '…' : text] as const,
  );
  return printReference({ ...reference, params: Object.fromEntries(params) });
}

function useOf(id: BackendId, overrides: Options, { named, namedAs, where, scope }: Place): StoreUse {
  const given = scope.given(id);
  const overridden = Object.keys(overrides).length > 0;
  const own = namedAs !== undefined && !overridden;
  return {
    backend: id,
    options: { ...given.options, ...named?.options, ...overrides },
    origin: overridden ? where : (named?.where ?? given.origin ?? where),
    overridden,
    ...(own && { named: namedAs }),
  };
}

/** The nearest store for a default that is none. */
export function unknownStore(store: string, named: Iterable<string>): string {
  return `must be a backend or a store of the Pod, not ${quote(store)}; nearest valid name: ${nearest(store, [...BACKEND_IDS, ...named]) ?? ''}`;
}
