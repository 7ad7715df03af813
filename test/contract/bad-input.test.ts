import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXACT, PATTERNS } from '../../contract/annotations.ts';
import { denialMessage } from '../../webhook/admission/denial.ts';
import { checkDefaults, parse } from '../../contract/parse.ts';
import { cost, denial, input, parsePod } from './support.ts';
import type { Annotations } from './support.ts';

const FILE = { 'file.password': 'vault:secret/db#password' };

function many(count: number, key: (i: number) => string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [key(i), 'vault:x']));
}

describe('an unknown annotation', () => {
  it.each([
    ['refesh-interval', 'refresh-interval'],
    ['fiel.password', 'file.password'],
    ['vault.adress', 'vault.address'],
    ['file_password', 'file-mode'],
    ['', 'mode'],
    ['File.x', 'file.x'],
    ['azure.valut', 'azure.vault'],
  ])('%j is told with the nearest valid name', (key, near) => {
    expect(denial({ ...FILE, [key]: 'x' })).toBe(
      `secrets.inject/${key}: unknown annotation; nearest valid name: "secrets.inject/${near}"`,
    );
  });

  it.each(['__proto__', 'constructor', 'toString', 'file', 'env', '.x', 'constructor.x'])('%j is one', (key) => {
    expect(denial({ ...FILE, [key]: 'x' })).toContain('unknown annotation');
  });
});

describe('an annotation that is no string', () => {
  it.each(['5', 'true', 'null', '{}'])('is refused: %s', (text) => {
    const annotations = JSON.parse(`{"secrets.inject/mode": ${text}}`) as Record<string, string>;

    const result = parse({ ...input({}), pod: { ...input({}).pod, annotations } });

    expect(result).toMatchObject({ kind: 'problems', problems: [{ where: 'secrets.inject/mode' }] });
  });
});

describe('a file name', () => {
  it.each([
    ['../etc/passwd', 'starts with ..'],
    ['a/../b', 'starts with ..'],
    ['..data', 'starts with ..'],
    ['a/..hidden', 'starts with ..'],
    ['./a', 'a segment .'],
    ['/etc/passwd', 'relative path'],
    ['a//b', 'an empty segment'],
    ['a/', 'an empty segment'],
    ['', 'names no file'],
    ['a\0b', 'a control character'],
    ['a\nb', 'a control character'],
    ['x'.repeat(256), 'more than 255 bytes'],
    ['ü'.repeat(128), 'more than 255 bytes'],
    [`${'x/'.repeat(2000)}x`, 'more than 1024 bytes'],
  ])('%j is refused', (name, reason) => {
    expect(denial({ [`file.${name}`]: 'vault:x' })).toContain(reason);
  });

  it.each(['a', '.env', 'a..b', 'tls/ca.crt', 'a b', 'ü'.repeat(127), 'x'.repeat(255)])('%j is fine', (name) => {
    expect(denial({ [`file.${name}`]: 'vault:x' })).toBe('');
  });
});

describe('two outputs of one name', () => {
  it.each<[string, Annotations, string]>([
    ['flat and in config', { ...FILE, config: 'file.password: vault:x' }, 'stands as an annotation too'],
    [
      'a file and a template',
      { ...FILE, 'template.password': 'x' },
      'gives the same file as secrets.inject/file.password',
    ],
    [
      'a variable and its template',
      { 'env.A': 'vault:x', 'env-template.A': 'x' },
      'gives the same variable as secrets.inject/env-template.A',
    ],
    ['a file and a folder', { ...FILE, config: 'file.password/a/b: vault:x' }, 'needs a folder "password"'],
  ])('are refused: %s', (_, annotations, reason) => {
    expect(denial(annotations)).toContain(reason);
  });
});

describe('a Namespace', () => {
  const forbidden = [
    ...Object.entries(EXACT),
    ...Object.entries(PATTERNS).map(([head, record]) => [`${head}.x`, record] as const),
  ];

  it.each(forbidden.filter(([, { scope }]) => !scope.includes('namespace')))('may not set %s', (key, { example }) => {
    const message = denial(FILE, { namespace: { [key]: example } });

    expect(message).toContain(`namespace annotation secrets.inject/${key}: a Namespace may not set this`);
  });

  it.each(['permitted-names', 'permitted-stores', 'permitted-roles'])('alone may set %s', (key) => {
    expect(denial({ ...FILE, [key]: '.*' })).toContain('only a Namespace may have this annotation');
  });

  it('with a policy that cannot be held yet denies', () => {
    expect(denial(FILE, { namespace: { 'permitted-names': 'vault:.*' } })).toContain('not available yet');
    expect(denial(FILE, { namespace: { 'permitted-names': '(' } })).toContain('an expression that compiles');
  });

  it('with a malformed default denies', () => {
    expect(denial(FILE, { namespace: { 'refresh-interval': 'abc' } })).toMatch(
      /^namespace annotation secrets\.inject\/refresh-interval: /,
    );
  });
});

describe('a Namespace default', () => {
  const harmless = Object.entries(EXACT).filter(
    ([, { scope, available }]) => scope.includes('namespace') && available !== false,
  );

  it.each(harmless)('may be %s', (key, { example }) => {
    expect(denial(FILE, { namespace: { [key]: example } })).toBe('');
  });

  it.each(['externalsecrets.kubernetes-client.io/permitted-key-name', 'iam.amazonaws.com/permitted'])(
    'of another tool that bounds names denies until it can be held: %s',
    (key) => {
      const result = parse({ ...input(FILE), namespaceAnnotations: { [key]: '.*' } });

      expect(result).toMatchObject({ kind: 'problems', problems: [{ where: `namespace annotation ${key}` }] });
    },
  );
});

describe('an operator’s default', () => {
  it('is checked when the webhook starts', () => {
    expect(checkDefaults({ 'refresh-interval': '30s', 'vault.role': 'web' })).toEqual([]);
    expect(
      checkDefaults({
        'refresh-interval': '0',
        'file.x': 'vault:x',
        containers: 'app',
        residency: 'asleep',
        nonsense: '',
      }),
    ).toHaveLength(5);
  });
});

describe('too much', () => {
  it('is 513 keys, and 512 are not', () => {
    expect(parsePod(many(512, (i) => `file.f${i}`)).kind).toBe('request');
    expect(denial(many(513, (i) => `file.f${i}`))).toContain('at most 512 keys');
  });

  it('is 513 keys with those of config', () => {
    const config = Array.from({ length: 500 }, (_, i) => `file.c${i}: vault:x`).join('\n');

    expect(denial({ config, ...many(13, (i) => `file.f${i}`) })).toContain('this Pod has 514');
  });

  it('is told in at most 50 problems, within a second', () => {
    const annotations = many(10_000, (i) => `fiel.${'x'.repeat(50)}${i}`);

    const result = parsePod(annotations);

    expect(cost(() => parsePod(annotations))).toBeLessThan(1000);
    expect(result).toMatchObject({ kind: 'problems', more: 512 + 1 - 50 });
    expect(result.kind === 'problems' ? result.problems : []).toHaveLength(50);
  });

  it.each<[string, Annotations]>([
    ['parameters', { 'file.a': `vault:x?${'a=b&'.repeat(60_000)}` }],
    ['placeholders', { 'file.a': `vault:${'{a}'.repeat(80_000)}` }],
    ['segments', { 'file.a': `vault:${'a/'.repeat(100_000)}` }],
    ['containers', { ...FILE, containers: Array.from({ length: 40_000 }, (_, i) => `c${i}`).join() }],
    ['expressions', { 'template.a': '{{a}}'.repeat(50_000), 'secret.a': 'vault:x' }],
    [
      'stores',
      {
        ...many(256, (i) => `store.${'s'.repeat(36)}${i}`),
        ...Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`file.${i}`, `${'t'.repeat(37)}${i}:x`])),
      },
    ],
    ['folders', many(400, (i) => `file.${'a/'.repeat(300)}${i}`)],
  ])('is refused within a second where it is a mass of %s', (_, annotations) => {
    expect(cost(() => parsePod(annotations))).toBeLessThan(1000);
  });

  it('is not 10,000 annotations of others', () => {
    const others = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`example.org/a${i}`, 'x']));

    expect(parse({ ...input({}), pod: { ...input({}).pod, annotations: others } }).kind).toBe('skip');
  });
});

describe('a message', () => {
  it('is one line that numbers its problems', () => {
    const problems = ['b', 'd\ne'].map((message) => ({ where: 'a', message }));

    expect(denialMessage(problems, 0).message).toBe('2 problems: (1) a: b; (2) a: d\u{fffd}e');
    expect(denialMessage(problems, 3).message).toBe('5 problems: (1) a: b; (2) a: d\u{fffd}e; and 3 more');
    expect(denialMessage(problems.slice(0, 1), 0).message).toBe('a: b');
  });

  it('has no control characters, whatever the annotations', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...Object.keys(EXACT)),
      fc
        .constantFrom(...Object.keys(PATTERNS))
        .chain((head) => fc.string({ unit: 'binary' }).map((rest) => `${head}.${rest}`)),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('vault:x', 'vault:{pod.name}', 'a: b', '0440', 'a?b=c#d'),
    );
    fc.assert(
      fc.property(
        fc.dictionary(key, text, { noNullPrototype: true }),
        fc.dictionary(key, text, { maxKeys: 3, noNullPrototype: true }),
        (annotations, namespace) => {
          const message = denial(annotations, { namespace });
          expect(message).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
          expect(message.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    'vault:a/../b?default=hunter2',
    'vualt:x?default=hunter2',
    'x?default=hunter2',
    'vault:x?default=hunter2#',
    'vault:x?default=hunter2%zz',
    'vault:x?default=hunter2&default=hunter2',
    'vault:x?default=hunter2&vesion=1#a?b',
    'azure-key-vault:x?default=hunter2',
    'vault:x?default={pod.name}hunter2',
    'file:x#hunter2?hunter2',
  ])('never repeats a value that may be secret: %s', (text) => {
    const message = denial({ 'file.x': text });

    expect(message).not.toBe('');
    expect(message).not.toContain('hunter2');
  });

  it('says "not available yet" after everything else is checked', () => {
    expect(denial({ 'env.A': 'vault:x' })).toBe('secrets.inject/env.A: is not available yet');
    expect(denial({ 'env.0A': 'vault:x' })).not.toContain('not available yet');
    expect(denial({ 'env.A': 'nowhere' })).toContain('names no store');
    expect(denial({ 'template.a': '{{ db.user }}' })).toContain('uses an unknown alias "db"');
    expect(denial({ 'template.a': '{{ bd }}', 'secret.db': 'vault:x' })).toContain('nearest valid name: db');
    expect(denial({ 'template.a': '{{ db', 'secret.db': 'vault:x' })).toContain('has a "{{" without "}}"');
    expect(denial({ 'env-from.a': 'vault:x?keys=a&prefix=0' })).toContain('parameter "prefix" must be');
  });
});
