/** Looks into an object that may have any shape. Absent and null are the same. */
import { BadInput } from '../json.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function mapIn(fields: Fields | undefined, key: string): Fields | undefined {
  const value = fields?.[key];
  if (value === undefined || value === null) return undefined;
  if (isMap(value)) return value;
  throw shapeError(key, 'a map');
}

/** A list of maps. */
export function listIn(fields: Fields, key: string, required = false): readonly Fields[] | undefined {
  const value = fields[key];
  if (!required && (value === undefined || value === null)) return undefined;
  if (!Array.isArray(value)) throw shapeError(key, 'a list');
  for (const item of value as unknown[]) if (!isMap(item)) throw shapeError(`each of ${key}`, 'a map');
  return value as Fields[];
}

/** Empty text counts as absent. */
export function textIn(fields: Fields | undefined, key: string, required = false): string | undefined {
  const value = fields?.[key];
  if (typeof value === 'string' && value !== '') return value;
  if (!required && (value === undefined || value === null || value === '')) return undefined;
  throw shapeError(key, 'text');
}

export function numberIn(fields: Fields | undefined, key: string): number | undefined {
  const value = fields?.[key];
  if (typeof value === 'number') return value;
  if (value === undefined || value === null) return undefined;
  throw shapeError(key, 'a number');
}

export function flagIn(fields: Fields, key: string): boolean {
  const value = fields[key];
  if (typeof value === 'boolean') return value;
  if (value === undefined || value === null) return false;
  throw shapeError(key, 'true or false');
}

/** A map from text to text. */
export function textsIn(fields: Fields, key: string): Readonly<Record<string, string>> {
  const map = mapIn(fields, key) ?? {};
  for (const name in map)
    if (typeof map[name] !== 'string') throw shapeError(`each of ${key}`, 'text (in YAML: put it in quotes)');
  return map as Readonly<Record<string, string>>;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shapeError(key: string, expected: string): BadInput {
  return new BadInput(`the Pod is malformed: ${key} must be ${expected}`);
}
