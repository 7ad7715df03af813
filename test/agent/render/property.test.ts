import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectProperty } from '../../../agent/render/property.ts';
import { StoreError } from '../../../agent/stores/store.ts';

const CANARY = 'canary-s3cr3t';

function select(secret: unknown, property: string): string {
  const text = typeof secret === 'string' ? secret : JSON.stringify(secret);
  return Buffer.from(selectProperty(Buffer.from(text), property)).toString();
}

function errorOf(read: () => unknown): StoreError {
  try {
    read();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a property of a secret', () => {
  it.each([
    ['a text', { user: 'web' }, 'user', 'web'],
    ['an empty text', { user: '' }, 'user', ''],
    ['a nested text by dots', { db: { user: 'web' } }, 'db.user', 'web'],
    ['an item of a list', { users: [{ name: 'a' }, { name: 'b' }] }, 'users.1.name', 'b'],
    ['an item of a list at the top', ['a', 'b'], '0', 'a'],
    ['truth', { on: true }, 'on', 'true'],
    ['nothing', { off: null }, 'off', 'null'],
    ['a nested object as JSON', { db: { port: 1, list: ['x'] } }, 'db', '{"port":1,"list":["x"]}'],
    ['JSON inside a text', { creds: '{"json":{"user":"web"}}' }, 'creds.json.user', 'web'],
    ['a secret that is JSON inside a text', '"{\\"user\\":\\"web\\"}"', 'user', 'web'],
    ['a key of other letters', { 'schlüssel €': 'ü' }, 'schlüssel €', 'ü'],
  ])('is %s', (_what, secret, property, expected) => {
    expect(select(secret, property)).toBe(expected);
  });

  it.each(['9007199254740993', '1.10', '-0', '1E400', '0.1e-7'])('keeps the digits of %s', (digits) => {
    expect(select(`{"n": ${digits}, "deep": {"n": [${digits}]}}`, 'n')).toBe(digits);
    expect(select(`{"n": ${digits}, "deep": {"n": [${digits}]}}`, 'deep')).toBe(`{"n":[${digits}]}`);
  });

  it('is found by its literal key, whatever the key and its neighbours are', () => {
    const secrets = fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'grapheme' }), {
      minKeys: 1,
    });

    fc.assert(
      fc.property(secrets, (secret) => {
        for (const [key, value] of Object.entries(secret)) expect(select(secret, key)).toBe(value);
      }),
    );
  });

  it('takes the longest literal key first at each level', () => {
    const secret = {
      'a.b.c': 'whole',
      'a.b': { d: 'two' },
      a: { b: { c: 'hidden', d: 'hidden' }, 'x.y': { z: 'deep' } },
    };

    expect(select(secret, 'a.b.c')).toBe('whole');
    expect(select(secret, 'a.b.d')).toBe('two');
    expect(select(secret, 'a.x.y.z')).toBe('deep');
  });

  it.each([
    'toString',
    '__proto__',
    'constructor.name',
    'list.length',
    'n.rawJSON',
    'list.01',
    'list.-1',
    'text.length',
    'other',
  ])('has no %s of its own', (property) => {
    const secret = { list: [1], n: 5, text: '[]' };

    const error = errorOf(() => select(secret, property));

    expect(error.reason).toBe('missing');
    expect(error.message).toContain(property);
  });

  it('is found when the text itself calls it __proto__', () => {
    expect(select('{"__proto__": {"x": "own"}}', '__proto__.x')).toBe('own');
  });

  it.each([
    ['text', CANARY],
    ['broken JSON', `{"user": "${CANARY}"`],
    ['JSON in front of more text', `{"a": 1} ${CANARY}`],
    ['a text inside JSON', JSON.stringify({ user: CANARY })],
  ])('does not exist in %s, and the message shows no part of it', (_what, secret) => {
    const error = errorOf(() => select(secret, 'user.name'));

    expect(error.reason).toBe('configuration');
    expect(error.message).toMatch(/not JSON/);
    expect(error.message).toContain('user.name');
    expect(`${error.message}${error.stack}`).not.toContain(CANARY.slice(0, 6));
  });

  it('does not exist in bytes that are no text', () => {
    const error = errorOf(() => selectProperty(Buffer.from([0x7b, 0xff, 0x7d]), 'user'));

    expect(error.message).toBe('it is not JSON, so it has no property "user"');
  });

  it('is refused where UTF-8 cannot write it', () => {
    expect(errorOf(() => select(String.raw`{"half": "\ud800"}`, 'half')).message).toMatch(/not valid Unicode/);
  });
});
