/** JSON from strangers, refused with one sentence that quotes nothing of it. */

/** The message may be shown to whoever sent the text. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
}

/** Some ten characters each would still fit into what an API server takes; in memory one may become 200 bytes. */
const MOST_VALUES = 300_000;

/**
 * Any depth is fine: the parser keeps no stack, nor does who looks at single fields of the result.
 * @throws BadInput
 */
export function parseJson(text: string): unknown {
  if (text.length > 2 * MOST_VALUES && countValues(text) > MOST_VALUES)
    throw new BadInput(`the body has more than ${MOST_VALUES} values`);
  const value = parseText(text);
  // A look at the text is far cheaper than one at each key, and API servers escape no letters.
  if ((text.includes('__proto__') || text.includes('\\u00')) && hasKey(value, '__proto__'))
    throw new BadInput('the body has a key __proto__, which no Kubernetes object has');
  return value;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadInput('the body is not valid JSON');
  }
}

/** At least as many as there are: each but the first follows one of these characters. */
function countValues(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === BRACKET || code === BRACE) count++;
  }
  return count;
}

const [COMMA, BRACKET, BRACE] = [',', '[', '{'].map((character) => character.charCodeAt(0));

function hasKey(root: unknown, key: string): boolean {
  const waiting = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value) && Object.hasOwn(value, key)) return true;
    for (const child of Object.values(value) as unknown[]) if (typeof child === 'object') waiting.push(child);
  }
  return false;
}
