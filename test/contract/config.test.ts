import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../contract/parse/config.ts';
import { cost, denial, request } from './support.ts';

describe('the YAML map of config', () => {
  it('carries names that annotations cannot', () => {
    const { files } = request({ config: 'file.tls/ca crt.pem: vault:tls#ca\nfile-mode.tls/ca crt.pem: "0400"\n' });

    expect(files).toMatchObject([{ path: 'tls/ca crt.pem', mode: 0o400, value: { name: 'tls', property: 'ca' } }]);
  });

  it.each(['', '# nothing yet', '---', '~'])('may be empty: %j', (text) => {
    expect(readConfig(text)).toEqual({ pairs: [], reasons: [] });
  });

  it('reads __proto__ as any other key', () => {
    expect(readConfig('__proto__: x').pairs).toEqual([['__proto__', 'x']]);
  });

  it('has strings only', () => {
    expect(readConfig('a: "5"\nb: yes\nc: 2020-01-01').pairs).toHaveLength(3);
  });

  it.each([
    ['a: 5', '"a" is not a string'],
    ['a: true', '"a" is not a string'],
    ['a: 0x1F', '"a" is not a string'],
    ['a:', '"a" is not a string'],
    ['a: ~', '"a" is not a string'],
    ['a: [b]', '"a" is not a string'],
    ['a: {b: c}', '"a" is not a string'],
    ['5: a', 'a key that is not a string'],
    ['? [a]\n: b', 'a key that is not a string'],
    ['a: &x b', 'a YAML anchor'],
    ['&x a: b', 'a YAML anchor'],
    ['&x\na: b', 'a YAML anchor'],
    ['a: *x', 'alias'],
    ['a: !!str b', 'a YAML tag'],
    ['a: !mine b', 'a YAML tag'],
    ['!!map {a: b}', 'a YAML tag'],
    ['!!str a: b', 'a YAML tag'],
    ['<<: {a: b}', 'a merge (<<)'],
    ['a: b\na: c', '"a" stands there twice'],
    ['a: b\n"a": c', '"a" stands there twice'],
    ['a: b\n---\nc: d', 'more than one YAML document'],
    ['%YAML 1.1\n---\na: b', 'a YAML directive'],
    ['- a', 'must be a YAML map'],
    ['text', 'must be a YAML map'],
    ['a: b: c', 'not valid YAML in line 1'],
    ['a: "b', 'not valid YAML in line 1'],
    ['\ta: b', 'not valid YAML in line 1'],
  ])('%j is refused', (text, reason) => {
    expect(readConfig(text).reasons.join()).toContain(reason);
  });

  it('is never repeated in a message', () => {
    const { reasons } = readConfig('a: "hunter2\nb: hunter2: hunter2\n  c: hunter2');

    expect(reasons).toHaveLength(1);
    expect(reasons.join()).not.toContain('hunter2');
  });

  it.each([
    ['open brackets', '['.repeat(250_000)],
    ['commas', `[${','.repeat(200_000)}]`],
    ['anchors', '&a '.repeat(80_000)],
    ['quotation marks', '"'.repeat(250_000)],
    ['lines in a string', `a: "${'x\n'.repeat(100_000)}"`],
    ['documents', '---\n'.repeat(60_000)],
    ['sequences', '- '.repeat(125_000)],
    ['keys', 'a: b\n'.repeat(50_000)],
    ['depth', `a: ${'['.repeat(1900)}`],
  ])('is refused within a second where it is a mass of %s', (_, text) => {
    expect(cost(() => readConfig(text))).toBeLessThan(1000);
    expect(readConfig(text).reasons).toHaveLength(1);
  });
});

describe('any text', () => {
  it('gives pairs or reasons, and never throws', () => {
    const yaml = fc.array(
      fc.constantFrom(
        'a',
        'b',
        ': ',
        '\n',
        '  ',
        '- ',
        '"',
        "'",
        '&x ',
        '*x',
        '!!str ',
        '{',
        '}',
        '[',
        ']',
        ',',
        '#',
        '|',
        '>',
        '---',
        '%YAML',
        '<<',
        '~',
        '5',
        '\t',
        '\0',
        '\r',
        '? ',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(yaml, (parts) => {
        const { pairs } = readConfig(parts.join(''));
        expect(pairs.flat().every((text) => typeof text === 'string')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('keys of config', () => {
  it.each([
    ['fiel.a: vault:x', 'nearest valid name: "secrets.inject/file.a"'],
    ['file.../a: vault:x', 'starts with ..'],
    ['env.A: vault:x', 'key "env.A": is not available yet'],
    ['mode: once', 'not available yet in a config map'],
    ['inject: "false"', 'cannot stand in a config map'],
    ['config: x', 'cannot stand in a config map'],
    ['file.a: ""', 'key "file.a": is empty'],
    ['file.a: nowhere', 'names no store'],
    ['file.password: vault:x', 'stands as an annotation too'],
  ])('%s is refused', (config, reason) => {
    expect(denial({ 'file.password': 'vault:y', config })).toContain(reason);
  });

  it('are checked in the map of one container too, and that is to come', () => {
    const message = denial({ 'config.app': 'file.a: nowhere', 'config.ap': 'file.a: vault:x' });

    expect(message).toContain('secrets.inject/config.app, key "file.a": names no store');
    expect(message).toContain('secrets.inject/config.ap: the Pod has no container "ap"; nearest valid name: app');
    expect(message).toContain('secrets.inject/config.app: is not available yet');
  });
});
