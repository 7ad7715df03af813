/** The rules between entries that are well-formed each on its own. */
import type { Settings } from '../annotations.ts';
import type { ChangeAction } from '../codecs/on-change.ts';
import { nearest } from '../nearest.ts';
import type { PodFacts } from '../request.ts';
import { alternatives, quote } from '../text.ts';
import type { Entry } from './entries.ts';
import type { Problems } from './problems.ts';

/** Kubernetes runs a `postStart` hook to its end before it deletes a Pod: 30 s must suffice for all of it. */
const LONGEST_HOOK_MS = 25_000;

export function checkAvailable(entries: Iterable<Entry>, problems: Problems): void {
  for (const entry of entries) {
    const reason = unavailable(entry);
    if (reason !== undefined) problems.add(entry.where, reason);
  }
}

function unavailable({ annotation: { available }, text, mapped, pattern }: Entry): string | undefined {
  if (available === false) return 'is not available yet';
  if (mapped && !pattern?.inConfig) return 'is not available yet in a config map: write it as an annotation of its own';
  if (available === true || available.includes(text)) return undefined;
  return `this value is not available yet: use ${alternatives(available)}`;
}

export function checkStartGate(settings: Settings, entry: Entry | undefined, problems: Problems): void {
  const { mode, 'start-gate': gate, 'native-sidecar': native, 'init-timeout': timeout } = settings;
  const hooked = mode === 'refresh' && native !== 'never' && gate === 'hook';
  if (entry !== undefined && hooked && timeout !== undefined && timeout > LONGEST_HOOK_MS)
    problems.add(
      entry.where,
      'must be at most 25s with start-gate hook, which would block deletion for as long: set start-gate to probe',
    );
}

/** Every container that an annotation names must be one of the Pod's. */
export function checkContainers(entries: Iterable<Entry>, pod: PodFacts, problems: Problems): void {
  const valid = [...pod.containers, ...pod.initContainers];
  for (const entry of entries)
    for (const name of namedContainers(entry))
      if (!valid.includes(name))
        problems.add(
          entry.where,
          () => `the Pod has no container ${quote(name, 63)}; nearest valid name: ${nearest(name, valid) ?? ''}`,
        );
}

function namedContainers({ head, subject, value }: Entry): readonly string[] {
  if (head === 'containers') return value as readonly string[];
  if (head === 'on-change') return (value as readonly ChangeAction[]).flatMap(({ container }) => container ?? []);
  return (head === 'config' || head === 'entrypoint') && subject !== undefined ? [subject] : [];
}

const OF_A_FILE = new Set(['file-mode', 'format', 'on-change']);

/** What concerns one file must name a file that the Pod asks for. */
export function checkFileDetails(entries: readonly Entry[], files: readonly string[], problems: Problems): void {
  // Their names come with the value.
  if (entries.some(({ head }) => head === 'files-from')) return;
  for (const { head, subject, where } of entries)
    if (OF_A_FILE.has(head) && subject !== undefined && !files.includes(subject))
      problems.add(
        where,
        () => `there is no output with the file name ${quote(subject, 80)}${suggestion(subject, files)}`,
      );
}

function suggestion(name: string, valid: readonly string[]): string {
  const close = nearest(name, valid);
  return close === undefined ? '' : `; nearest valid name: ${quote(close, 80)}`;
}
