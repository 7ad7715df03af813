/** THE table: every annotation there is, found by its key. Parser, types, docs and tests all come from it. */
import type { Annotation, KeyPattern } from './annotations/annotation.ts';
import { DETAILS, MAPS, OUTPUTS } from './annotations/outputs.ts';
import { PLAIN, POLICY } from './annotations/scoping.ts';
import { SETTINGS } from './annotations/settings.ts';
import type { Family, Option } from './backends.ts';
import { BACKEND_IDS, backend } from './backends.ts';

export type { Settings } from './annotations/settings.ts';
export { SETTINGS } from './annotations/settings.ts';

/** The annotation of an option: `vault.address`. It works as soon as one backend of its family does. */
function optionAnnotation(option: Option, available: boolean): Annotation<string> {
  return { scope: ['pod'], codec: option.codec, summary: option.summary, example: option.example, available };
}

function familyAnnotations(): Record<string, Annotation> {
  const found: Record<string, Annotation> = {};
  for (const { family, options, available } of BACKEND_IDS.map(backend)) {
    for (const [name, option] of Object.entries(options)) {
      const key = optionKey(family, name);
      if (key !== undefined) found[key] ??= optionAnnotation(option, available);
    }
  }
  return found;
}

/** `<family>.<param>`; backends without a family have no options. */
export function optionKey(family: Family | undefined, option: string): string | undefined {
  return family && `${family}.${option}`;
}

/** Keys that stand as they are. */
export const EXACT: Readonly<Record<string, Annotation>> = { ...PLAIN, ...SETTINGS, ...familyAnnotations(), ...POLICY };

/** Keys that go on after a dot, by what stands before it. */
export const PATTERNS: Readonly<Record<string, KeyPattern>> = { ...OUTPUTS, ...MAPS, ...DETAILS };

/** A key that the table knows. */
export interface Known {
  readonly annotation: Annotation;
  /** The whole key, or what stands before the dot of a pattern. */
  readonly head: string;
  readonly pattern?: KeyPattern;
  /** What stands after that dot. */
  readonly subject?: string;
}

/** @param key without prefix */
export function lookUp(key: string): Known | undefined {
  const exact = Object.hasOwn(EXACT, key) ? EXACT[key] : undefined;
  if (exact !== undefined) return { annotation: exact, head: key };
  const dot = key.indexOf('.');
  const head = key.slice(0, dot);
  const pattern = dot > 0 && Object.hasOwn(PATTERNS, head) ? PATTERNS[head] : undefined;
  return pattern && { annotation: pattern, head, pattern, subject: key.slice(dot + 1) };
}

export function isOutput(head: string): boolean {
  return Object.hasOwn(OUTPUTS, head);
}
