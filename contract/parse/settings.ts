/** One value per setting, from the strongest that gives it. */
import type { Settings } from '../annotations.ts';
import { SETTINGS } from '../annotations.ts';
import type { Annotation } from '../annotations/annotation.ts';
import type { Entry } from './entries.ts';

/** Entries by key, the weakest layer first: a later one wins. */
export function layer(...layers: readonly (readonly Entry[])[]): ReadonlyMap<string, Entry> {
  return new Map(layers.flat().map((entry) => [entry.key, entry]));
}

/** Decoded once: admission is the hot path. */
const DEFAULTS: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(SETTINGS).map(([key, annotation]) => [key, defaultOf(annotation)]),
);

export function settingsOf(entries: ReadonlyMap<string, Entry>): Settings {
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const { key, value } of entries.values()) if (Object.hasOwn(DEFAULTS, key)) settings[key] = value;
  return settings as Settings;
}

function defaultOf({ codec, default: text }: Annotation): unknown {
  const decoded = text === undefined ? undefined : codec.decode(text);
  return decoded?.ok ? decoded.value : undefined;
}
