/** JSON from strangers: parsed with limits, and refused with one sentence that quotes nothing of it. */

/** Deeper than anything in Kubernetes (custom resources included), far less than what ends a stack. */
const MAX_DEPTH = 100;

/** The message may be shown to whoever sent the text. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
}

/** @throws BadInput */
export function parseJson(text: string): unknown {
  const value = parseText(text);
  const depth = inspect(value);
  if (depth > MAX_DEPTH) throw new BadInput(`the body is nested deeper than ${MAX_DEPTH} levels`);
  return value;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadInput('the body is not valid JSON');
  }
}

/** Walks level by level, since a stack would end where the limit is needed. */
function inspect(root: unknown): number {
  let level: object[] = isObject(root) ? [root] : [];
  let depth = 0;
  while (level.length > 0 && depth <= MAX_DEPTH) {
    depth++;
    const below: object[] = [];
    for (const value of level) addChildren(value, below);
    level = below;
  }
  return depth;
}

function addChildren(value: object, below: object[]): void {
  if (!Array.isArray(value) && Object.hasOwn(value, '__proto__'))
    throw new BadInput('the body has a key __proto__, which no Kubernetes object has');
  for (const child of Object.values(value) as unknown[]) if (isObject(child)) below.push(child);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
