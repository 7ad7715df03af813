/** Percent encoding as references use it: `%XX` and nothing else; a `+` stays a plus. */
import type { Decoded } from './codecs/codec.ts';
import { accept, refuse } from './codecs/codec.ts';

export function percentDecode(text: string): Decoded<string> {
  if (/%(?![0-9A-Fa-f]{2})/.test(text))
    return refuse('has a % that no two hex digits follow: write %25 for a percent sign');
  try {
    return accept(decodeURIComponent(text));
  } catch {
    return refuse('is not UTF-8 after its %XX are decoded');
  }
}

/** Encodes control characters, `%` and those of `special`. */
export function percentEncode(text: string, special: string): string {
  return text.replace(/[\p{Cc}%?#&=:{}]/gu, (char) =>
    char === '%' || special.includes(char) || /\p{Cc}/u.test(char) ? encodeURIComponent(char) : char,
  );
}
