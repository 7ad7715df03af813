/** Decisions of a moment ago: the Pods of one template differ in nothing that a decision depends on. */

/** Templates; the one that was asked for least recently goes first. */
const MOST = 500;
/** Longer ones are rare, and would let the memory grow without a clear bound. */
const LONGEST_KEY = 8192;

const memories = new WeakMap<object, Map<string, unknown>>();

/**
 * @param owner what the results hold for; they are forgotten with it
 * @param key everything else that `make` looks at
 * @param make pure; its result is shared, so nobody may change it
 */
export function remembered<T extends object>(owner: object, key: string, make: () => T): T {
  if (key.length > LONGEST_KEY) return make();
  const memory = memoryOf<T>(owner);
  const value = memory.get(key) ?? make();
  memory.delete(key);
  memory.set(key, value);
  if (memory.size > MOST) memory.delete(memory.keys().next().value ?? key);
  return value;
}

function memoryOf<T>(owner: object): Map<string, T> {
  const known = memories.get(owner) as Map<string, T> | undefined;
  if (known) return known;
  const memory = new Map<string, T>();
  memories.set(owner, memory);
  return memory;
}
