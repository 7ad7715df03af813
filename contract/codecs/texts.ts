/** Values that are texts of their own: commands, delimiters, expressions. */
import { accept, refuse } from './codec.ts';
import type { Codec } from './codec.ts';

/** Any text. Who uses it checks the rest. */
export function anyText(syntax: string): Codec<string> {
  return { syntax, decode: (text) => (text === '' ? refuse('is empty') : accept(text)) };
}

/** A command as a JSON list of strings. */
export const command: Codec<readonly string[]> = {
  syntax: '`\'["program", "argument"]\'`',
  decode: (text) => {
    const items = parseList(text);
    const strings = items?.filter((item) => typeof item === 'string');
    if (items === undefined || strings === undefined || strings.length !== items.length || !strings[0])
      return refuse('must be a JSON list of strings such as ["/docker-entrypoint.sh","postgres"]');
    return accept(strings);
  },
};

function parseList(text: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    // No detail: the parser's message would repeat a part of the text.
    return undefined;
  }
}

/** The two marks around an expression in a template. */
export const delimiters: Codec<readonly [string, string]> = {
  syntax: '`"[[ ]]"`',
  decode: (text) => {
    const [open = '', close = '', ...rest] = text.split(' ');
    const good = [open, close].every((mark) => /^[^\sA-Za-z0-9]{2,8}$/.test(mark));
    return good && open !== close && rest.length === 0
      ? accept([open, close])
      : refuse('must be two different marks with one space between them, such as "[[ ]]"');
  },
};

/** An expression that has to match a whole name. */
export const expression: Codec<string> = {
  syntax: 'expression',
  decode: (text) =>
    text !== '' && text.length <= 4096 && compiles(text) ? accept(text) : refuse('must be an expression that compiles'),
};

function compiles(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
