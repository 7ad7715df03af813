/** JSON whose numbers keep all their digits: 9007199254740993 and 1.0 come out as they went in. */

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;
const { rawJSON } = JSON as JSON & { readonly rawJSON: (text: string) => unknown };

/** Numbers come out as opaque objects that only `JSON.stringify` understands. @throws SyntaxError */
export function parseExactJson(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? rawJSON(source) : value,
  );
}

/** An own member of a JSON object; undefined where there is none. */
export function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

/** A number of `parseExactJson`; NaN for anything else. */
export function numberOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? Number(JSON.stringify(value)) : Number.NaN;
}
