import { describe, expect, it } from 'vitest';
import type { Annotation } from '../../contract/annotations/annotation.ts';
import { EXACT, PATTERNS } from '../../contract/annotations.ts';
import { backend, BACKEND_IDS } from '../../contract/backends.ts';
import { COMMON_PARAMS, OUTPUT_PARAMS } from '../../contract/backends/params.ts';
import { PREFIX } from '../../contract/layout.ts';
import { parsePod } from './support.ts';
import type { Annotations } from './support.ts';

/** What some examples speak of. */
const NEEDS: Readonly<Record<string, Annotations>> = { aliases: { 'secret.db': 'vault:secret/db' } };

function problemsOf(key: string, record: Annotation): readonly string[] {
  const own = { [key]: record.example };
  const output = { 'file.password': 'vault:secret/db#password' };
  const isPod = record.scope.includes('pod');
  const result = isPod
    ? parsePod({ ...output, ...(key.includes('template.') ? NEEDS['aliases'] : {}), ...own })
    : parsePod(output, { namespace: own });
  const where = isPod ? PREFIX + key : `namespace annotation ${PREFIX}${key}`;
  return result.kind === 'problems' ? result.problems.filter((p) => p.where === where).map((p) => p.message) : [];
}

const patterns = Object.entries(PATTERNS).map(
  ([head, record]) => [`${head}.${record.exampleSubject}`, record] as const,
);

describe('the examples of the annotation table', () => {
  it.each([...Object.entries(EXACT), ...patterns])(
    '%s has an example that parses, or says that it is to come',
    (key, record) => {
      const expected = record.available === true ? [] : ['not available yet'];

      const problems = problemsOf(key, record);

      expect(problems.map((problem) => /not available yet/.exec(problem)?.[0] ?? problem)).toEqual(
        Array.isArray(record.available) && record.available.includes(record.example) ? [] : expected,
      );
    },
  );

  it.each(Object.entries(EXACT).filter(([, record]) => record.default !== undefined))(
    '%s has a default that decodes',
    (_, record) => {
      expect(record.codec.decode(record.default ?? '').ok).toBe(true);
    },
  );
});

describe('the examples of the backend table', () => {
  it.each(BACKEND_IDS)('%s has an example that parses, or says that it is to come', (id) => {
    const { available, example } = backend(id);

    const result = parsePod({ 'file.x': `${id}:${example}` });

    const told = result.kind === 'problems' ? result.problems.map(({ message }) => message) : [];
    expect(told).toEqual(available ? [] : [`${id} is not available yet`]);
  });

  const options = BACKEND_IDS.flatMap((id) =>
    Object.entries(backend(id).options).map(([name, option]) => [id, name, option] as const),
  );

  it.each(options)('%s has an option %s whose example decodes to itself', (_id, _name, { codec, example }) => {
    expect(codec.decode(example)).toEqual({ ok: true, value: example });
  });

  const reads = [...BACKEND_IDS.map((id) => backend(id).reads), COMMON_PARAMS, ...Object.values(OUTPUT_PARAMS)].flatMap(
    Object.entries,
  );

  it.each(reads)('the parameter %s has an example that decodes to itself', (_name, { codec, example }) => {
    expect(codec.decode(example)).toEqual({ ok: true, value: example });
  });
});
