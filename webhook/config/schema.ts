/** A configuration described as data: each field reads its part and tells every problem instead of stopping at one. */
import type { Codec } from '../../contract/codecs/codec.ts';

export interface Field<T> {
  /** Tells problems to `problem` and then returns anything of the type. */
  read(value: unknown, path: string, problem: (text: string) => void): T;
  /** Of a group: its members. */
  readonly members?: Readonly<Record<string, Field<unknown>>>;
}

export type Read<F> = F extends Field<infer T> ? T : never;

export function text(fallback?: string, pattern?: RegExp, what = 'text'): Field<string> {
  return scalar(fallback, what, (value) =>
    typeof value === 'string' && (pattern?.test(value) ?? value !== '') ? value : undefined,
  );
}

/** Text as annotations write it, too. */
export function coded<T>(codec: Codec<T>, fallback?: T): Field<T> {
  return {
    read(value, path, problem) {
      if (fallback !== undefined && (value === undefined || value === null)) return fallback;
      const decoded = codec.decode(typeof value === 'string' ? value : '');
      if (decoded.ok) return decoded.value;
      problem(`${path} ${decoded.reason}`);
      return fallback as T;
    },
  };
}

export function flag(fallback: boolean): Field<boolean> {
  return scalar(fallback, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
}

export function integer(fallback: number, min: number, max: number): Field<number> {
  return scalar(fallback, `a whole number from ${min} to ${max}`, (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
  );
}

export function oneOf<const T extends string>(choices: readonly T[], fallback?: T): Field<T> {
  return scalar(fallback, `one of ${choices.join(', ')}`, (value) => choices.find((choice) => choice === value));
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Written like `90s`, `12h`, `30d`; read as milliseconds. */
export function duration(fallbackMs: number): Field<number> {
  return scalar(fallbackMs, 'a duration such as 90s, 12h or 30d', (value) => {
    const [, amount, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(typeof value === 'string' ? value : '') ?? [];
    return amount && unit ? Number(amount) * (UNIT_MS[unit] ?? 0) : undefined;
  });
}

export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    read: (value, path, problem) =>
      value === undefined || value === null ? undefined : field.read(value, path, problem),
  };
}

export function list<T>(field: Field<T>, fallback: readonly T[]): Field<readonly T[]> {
  return {
    read(value, path, problem) {
      if (value === undefined || value === null) return fallback;
      if (Array.isArray(value)) return value.map((item: unknown, i) => field.read(item, `${path}[${i}]`, problem));
      problem(`${path} must be a list`);
      return fallback;
    },
  };
}

export function record<T>(field: Field<T>): Field<Readonly<Record<string, T>>> {
  return {
    read(value, path, problem) {
      const entries = Object.entries(mapping(value, path, problem));
      return Object.fromEntries(entries.map(([key, item]) => [key, field.read(item, `${path}.${key}`, problem)]));
    },
  };
}

export function group<M extends Record<string, Field<unknown>>>(
  members: M,
): Field<{ readonly [K in keyof M]: Read<M[K]> }> {
  return {
    members,
    read(value, path, problem) {
      const given = mapping(value, path, problem);
      for (const key of Object.keys(given))
        if (!Object.hasOwn(members, key))
          problem(`${join(path, key)} is unknown: known here are ${Object.keys(members).join(', ')}`);
      const read = Object.entries(members).map(([key, field]) => [
        key,
        field.read(Object.hasOwn(given, key) ? given[key] : undefined, join(path, key), problem),
      ]);
      return Object.fromEntries(read) as { readonly [K in keyof M]: Read<M[K]> };
    },
  };
}

function scalar<T>(fallback: T | undefined, what: string, accept: (value: unknown) => T | undefined): Field<T> {
  return {
    read(value, path, problem) {
      const absent = value === undefined || value === null;
      if (absent && fallback !== undefined) return fallback;
      const accepted = accept(value);
      if (accepted !== undefined) return accepted;
      problem(absent ? `${path} is missing: give ${what}` : `${path} must be ${what}`);
      return fallback as T;
    },
  };
}

function mapping(value: unknown, path: string, problem: (text: string) => void): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  problem(`${path === '' ? 'the file' : path} must be a map`);
  return {};
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
