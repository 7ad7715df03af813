/** How the text of an annotation or parameter becomes a value, or a reason why not. */
import { alternatives } from '../text.ts';

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

export interface Codec<T> {
  /** What a user writes, for the reference tables. */
  readonly syntax: string;
  readonly decode: (text: string) => Decoded<T>;
}

export function accept<T>(value: T): Decoded<T> {
  return { ok: true, value };
}

/** @param reason completes the sentence "<annotation>: …", and never repeats a whole value */
export function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

export function oneOf<const T extends string>(...values: readonly T[]): Codec<T> {
  return {
    syntax: values.map((value) => `\`${value}\``).join(' | '),
    decode: (text) => {
      const found = values.find((value) => value === text);
      return found === undefined ? refuse(`must be ${alternatives(values)}`) : accept(found);
    },
  };
}

/** Text of one shape. `expected` says in words what it must be. */
export function shaped(syntax: string, shape: RegExp, expected: string, max = 253): Codec<string> {
  return {
    syntax,
    decode: (text) => (text.length <= max && shape.test(text) ? accept(text) : refuse(`must be ${expected}`)),
  };
}

/** A comma list, each item trimmed and decoded; repeated items count once. */
export function listOf<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    syntax: `${item.syntax}, …`,
    decode: (text) => {
      const values: T[] = [];
      for (const part of new Set(text.split(',').map((part) => part.trim()))) {
        const decoded = item.decode(part);
        if (!decoded.ok) return refuse(part === '' ? 'has an empty item in its comma list' : decoded.reason);
        values.push(decoded.value);
      }
      return accept(values);
    },
  };
}
