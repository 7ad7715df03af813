/** Every entry that concerns a Pod: its own annotations, its config maps, its Namespace's and the operator's defaults. */
import { PREFIX } from '../layout.ts';
import type { ParseInput } from '../request.ts';
import { quote } from '../text.ts';
import { readConfig } from './config.ts';
import type { Entry, Source } from './entries.ts';
import { ownKeys, readEntry } from './entries.ts';
import type { Problems } from './problems.ts';

const MOST_KEYS = 512;

type Pairs = readonly (readonly [key: string, text: string])[];

const POD: Source = { scope: 'pod', where: (key) => PREFIX + key };
const NAMESPACE: Source = { scope: 'namespace', where: (key) => `namespace annotation ${PREFIX}${key}` };
const OPERATOR: Source = { scope: 'operator', where: (key) => `operator default ${key}` };

export interface PodEntries {
  /** From annotations and `config`. */
  readonly entries: readonly Entry[];
  /** From `config.<container>`. */
  readonly perContainer: readonly Entry[];
}

export function podEntries(own: Pairs, problems: Problems): PodEntries {
  const flat = readAll(own.slice(0, MOST_KEYS), POD, problems);
  const maps = flat
    .filter(({ head }) => head === 'config')
    .map((entry) => ({ entry, pairs: readMap(entry, problems) }));
  const count = maps.reduce((sum, { pairs }) => sum + pairs.length, own.length);
  if (count > MOST_KEYS)
    problems.add(
      'annotations',
      `at most ${MOST_KEYS} keys of ${PREFIX} are allowed, config maps included: this Pod has ${count}`,
    );
  const mapped = maps.map(({ entry, pairs }) => ({ entry, read: readAll(pairs, mappedIn(entry), problems) }));
  const [shared, perContainer] = [false, true].map((own) =>
    mapped.filter(({ entry }) => (entry.subject !== undefined) === own),
  );
  return {
    entries: withoutRepeated(flat, shared?.flatMap(({ read }) => read) ?? [], problems),
    perContainer: perContainer?.flatMap(({ read }) => read) ?? [],
  };
}

function readAll(pairs: Pairs, source: Source, problems: Problems): Entry[] {
  return pairs.map((pair) => readEntry(pair, source, problems)).filter((entry) => entry !== undefined);
}

function readMap({ text, where }: Entry, problems: Problems): Pairs {
  const { pairs, reasons } = readConfig(text);
  for (const reason of reasons) problems.add(where, reason);
  return pairs;
}

function mappedIn({ where }: Entry): Source {
  return { scope: 'pod', mapped: true, where: (key) => `${where}, key ${quote(key, 80)}` };
}

function withoutRepeated(flat: readonly Entry[], mapped: readonly Entry[], problems: Problems): readonly Entry[] {
  const keys = new Set(flat.map(({ key }) => key));
  for (const { key, where } of mapped)
    if (keys.has(key)) problems.add(where, 'stands as an annotation too: leave one of them out');
  return [...flat, ...mapped.filter(({ key }) => !keys.has(key))];
}

/** Policies of another tool that we shall honour over bare names and roles. */
const FOREIGN_POLICY = ['externalsecrets.kubernetes-client.io/permitted-key-name', 'iam.amazonaws.com/permitted'];

export function namespaceEntries({ namespaceAnnotations }: ParseInput, problems: Problems): readonly Entry[] {
  // Passing over a policy would widen what the Namespace allows.
  for (const key of FOREIGN_POLICY)
    if (Object.hasOwn(namespaceAnnotations, key))
      problems.add(
        `namespace annotation ${key}`,
        'is not available yet: injection is denied rather than left unbounded',
      );
  return readAll(ownKeys(namespaceAnnotations).slice(0, MOST_KEYS), NAMESPACE, problems);
}

export function operatorEntries(defaults: Readonly<Record<string, string>>, problems: Problems): readonly Entry[] {
  return readAll(Object.entries(defaults), OPERATOR, problems);
}
