/** What admission can check in a template without a value. The rendering itself comes with the templates. */

const TAGS = /\{%|%\}/;

/** A reason, or nothing. */
export function templateProblem(
  text: string,
  aliases: ReadonlySet<string>,
): { reason: string; alias?: string } | undefined {
  // Tags may define names of their own.
  const defines = TAGS.test(text);
  let at = 0;
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', at)) {
    const close = text.indexOf('}}', open);
    if (close === -1) return { reason: 'has a "{{" without "}}"' };
    const alias = /^[-\s]*([A-Za-z_]\w*)/.exec(text.slice(open + 2, close))?.[1];
    if (alias !== undefined && !defines && !aliases.has(alias)) return { reason: 'uses an unknown alias', alias };
    at = close + 2;
  }
  return undefined;
}
