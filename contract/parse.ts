/** Pod and Namespace metadata → what the Pod asks for, or every problem there is. Pure; never throws for bad input. */
import { isOutput } from './annotations.ts';
import type { BackendId } from './backends.ts';
import { isBackendId } from './backends.ts';
import { checkAvailable, checkContainers, checkFileDetails, checkStartGate } from './parse/checks.ts';
import type { Entry } from './parse/entries.ts';
import { ownKeys } from './parse/entries.ts';
import { mergeStores } from './parse/merge.ts';
import { checkNames, fileNames } from './parse/outputs.ts';
import type { Problems } from './parse/problems.ts';
import { collectProblems } from './parse/problems.ts';
import type { ReferenceScope, ResolvedReference } from './parse/references.ts';
import { resolveReference, unknownStore } from './parse/references.ts';
import { layer, settingsOf } from './parse/settings.ts';
import { namespaceEntries, operatorEntries, podEntries } from './parse/sources.ts';
import type { NamedStore } from './parse/stores.ts';
import { familyOptions, parseStore } from './parse/stores.ts';
import { checkTemplates } from './parse/templates.ts';
import { fillFrom } from './placeholders.ts';
import type { FileRequest, InjectionRequest, ParseInput, ParseResult, Problem } from './request.ts';

export function parse(input: ParseInput): ParseResult {
  const own = ownKeys(input.pod.annotations);
  if (own.length === 0 || own.some(([key, text]) => key === 'inject' && text === 'false'))
    return { kind: 'skip', warnings: [] };
  const problems = collectProblems();
  const { entries, perContainer } = podEntries(own, problems);
  const asks = [...entries, ...perContainer].some(({ head }) => isOutput(head));
  const request = read(input, { entries, perContainer, asks }, problems);
  const count = problems.count();
  const told = problems.told();
  if (count > 0) return { kind: 'problems', problems: told, more: count - told.length };
  return asks ? { kind: 'request', request, warnings: [] } : { kind: 'skip', warnings: withoutOutput(entries) };
}

/** Everything wrong with an operator's default annotations, to be told when the webhook starts. */
export function checkDefaults(defaults: Readonly<Record<string, string>>): readonly Problem[] {
  const problems = collectProblems();
  checkAvailable(operatorEntries(defaults, problems), problems);
  return problems.told();
}

function withoutOutput(entries: readonly Entry[]): readonly string[] {
  const said = entries.some(({ head }) => head !== 'inject' && head !== 'status');
  return said
    ? ['secrets.inject annotations without any output: nothing is injected (add one such as file.<filename>)']
    : [];
}

interface Asked {
  readonly entries: readonly Entry[];
  readonly perContainer: readonly Entry[];
  readonly asks: boolean;
}

function read(input: ParseInput, { entries, perContainer, asks }: Asked, problems: Problems): InjectionRequest {
  const { pod, defaults = {} } = input;
  // A Pod that asks for nothing is no business of its Namespace's policy.
  const byNamespace = asks ? namespaceEntries(input, problems) : [];
  const byKey = layer(operatorEntries(defaults, problems), byNamespace, entries);
  const settings = settingsOf(byKey);
  const scope = referenceScope(entries, byKey, input, problems);
  const all = [...entries, ...perContainer];
  checkStartGate(settings, byKey.get('init-timeout'), problems);
  checkContainers(all, pod, problems);
  checkNames(entries, problems);
  checkFileDetails(entries, fileNames(entries), problems);
  checkTemplates(all, problems);
  const resolved = resolveAll(all, scope, problems);
  checkAvailable(new Set([...byKey.values(), ...all]), problems);
  const { stores, idOf } = mergeStores([...resolved.values()].map(({ use }) => use));
  return { settings, stores, files: files(entries, resolved, (reference) => idOf(reference.use)) };
}

function referenceScope(
  entries: readonly Entry[],
  byKey: ReadonlyMap<string, Entry>,
  { pod }: ParseInput,
  problems: Problems,
): ReferenceScope {
  const named = new Map(
    entries.filter(({ head }) => head === 'store').map((entry) => [entry.subject ?? '', namedStore(entry, problems)]),
  );
  const backend = byKey.get('backend');
  const known = backend !== undefined && (isBackendId(backend.text) || named.has(backend.text));
  if (backend !== undefined && !known) problems.add(backend.where, () => unknownStore(backend.text, named.keys()));
  return {
    fill: fillFrom(pod),
    named,
    defaultStore: backend?.text,
    given: (id: BackendId) => familyOptions(id, byKey),
  };
}

function namedStore({ subject = '', text, where }: Entry, problems: Problems): NamedStore | undefined {
  const parsed = parseStore(text, where);
  if (isBackendId(subject)) problems.add(where, `"${subject}" is a backend: give the store another name`);
  if (parsed.ok) return parsed.value;
  for (const reason of parsed.reasons) problems.add(where, reason);
  return undefined;
}

const REFERENCES = new Set(['file', 'files-from', 'env', 'env-from', 'secret']);

function resolveAll(
  entries: readonly Entry[],
  scope: ReferenceScope,
  problems: Problems,
): ReadonlyMap<Entry, ResolvedReference> {
  const resolved = new Map<Entry, ResolvedReference>();
  for (const entry of entries.filter(({ head }) => REFERENCES.has(head))) {
    const parsed = resolveReference(entry.text, entry.head, entry.where, scope);
    if (parsed.ok) resolved.set(entry, parsed.value);
    else for (const reason of parsed.reasons) problems.add(entry.where, reason);
  }
  return resolved;
}

function files(
  entries: readonly Entry[],
  resolved: ReadonlyMap<Entry, ResolvedReference>,
  idOf: (reference: ResolvedReference) => string,
): readonly FileRequest[] {
  const modes = new Map(
    entries.filter(({ head }) => head === 'file-mode').map(({ subject, value }) => [subject, value]),
  );
  const requests = entries.flatMap((entry): FileRequest[] => {
    const reference = entry.head === 'file' ? resolved.get(entry) : undefined;
    if (reference === undefined) return [];
    const path = entry.subject ?? '';
    const mode = modes.get(path);
    return [{ path, ...(typeof mode === 'number' && { mode }), value: { ...reference.value, store: idOf(reference) } }];
  });
  return requests.sort((a, b) => (a.path < b.path ? -1 : 1));
}
