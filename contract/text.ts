/** What came from a user may stand in a message only through one of these. */

// Control and format characters (bidirectional overrides among them), line separators, lone surrogates.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** On one line, without anything that could forge or hide text, and at most `max` characters long. */
export function clean(text: string, max = 120): string {
  const head = text.slice(0, max + 1).replace(UNPRINTABLE, '\u{fffd}');
  return head.length > max ? `${head.slice(0, max - 1).toWellFormed()}…` : head;
}

/** A short part of a user's text in quotation marks: names and keys, never what may be a secret. */
export function quote(text: string, max = 40): string {
  return `"${clean(text, max)}"`;
}

/** `a, b or c` */
export function alternatives(words: readonly string[]): string {
  const last = words.at(-1);
  return last === undefined || words.length === 1 ? (last ?? '') : `${words.slice(0, -1).join(', ')} or ${last}`;
}

export function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text) || !text.isWellFormed();
}
