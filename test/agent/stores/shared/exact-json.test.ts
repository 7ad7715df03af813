import { describe, expect, it } from 'vitest';
import { member, numberOf, parseExactJson } from '../../../../agent/stores/shared/exact-json.ts';

describe('JSON with exact numbers', () => {
  it.each(['9007199254740993', '1.10', '-0', '1e400', '[1.0,{"a":2.50}]', '{"__proto__":{"x":1.0}}', '"text"', 'null'])(
    'gives %s back as it was',
    (json) => {
      expect(JSON.stringify(parseExactJson(json))).toBe(json);
    },
  );

  it('tells the number that a text stands for', () => {
    expect(numberOf(member(parseExactJson('{"ttl":3600}'), 'ttl'))).toBe(3600);
    expect(numberOf('3600')).toBeNaN();
  });

  it.each(['toString', '__proto__', 'constructor'])('has no inherited member %s', (key) => {
    expect(member(parseExactJson('{"a":1}'), key)).toBeUndefined();
  });

  it.each([undefined, null, 7, 'text'])('finds no member in %s', (value) => {
    expect(member(value, 'length')).toBeUndefined();
  });
});
