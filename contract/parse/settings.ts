/** One value per setting, from the strongest that gives it. */
import type { SettingKey, Settings } from '../annotations.ts';
import { SETTINGS } from '../annotations.ts';
import type { Annotation } from '../annotations/annotation.ts';
import type { Entry } from './entries.ts';

/** Entries by key, the weakest layer first: a later one wins. */
export function layer(...layers: readonly (readonly Entry[])[]): ReadonlyMap<string, Entry> {
  return new Map(layers.flat().map((entry) => [entry.key, entry]));
}

export function settingsOf(entries: ReadonlyMap<string, Entry>): Settings {
  const keys = Object.keys(SETTINGS) as SettingKey[];
  const values = keys.map(
    (key) => [key, entries.has(key) ? entries.get(key)?.value : defaultOf(SETTINGS[key])] as const,
  );
  return Object.fromEntries(values) as Settings;
}

function defaultOf({ codec, default: text }: Annotation): unknown {
  const decoded = text === undefined ? undefined : codec.decode(text);
  return decoded?.ok ? decoded.value : undefined;
}
