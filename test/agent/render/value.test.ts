import { describe, expect, it } from 'vitest';
import { renderValue } from '../../../agent/render/value.ts';
import { reference } from '../support.ts';

function render(secret: string | Uint8Array, rest: Parameters<typeof reference>[1]): string {
  return Buffer.from(renderValue(reference('web:db', rest), Buffer.from(secret))).toString('hex');
}

const hex = (text: string): string => Buffer.from(text).toString('hex');

describe('the value of a reference', () => {
  it('is every byte of the secret where nothing else is asked for', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);

    expect(render(bytes, {})).toBe(Buffer.from(bytes).toString('hex'));
  });

  it.each([
    ['base64', 'aGk=', hex('hi')],
    ['base64', '+/+/', 'fbffbf'],
    ['base64', '', ''],
    ['base64url', '-_-_', 'fbffbf'],
    ['base64url', 'aGk', hex('hi')],
    ['base64url', 'aGk=', hex('hi')],
    ['base64', Buffer.from('aGk=').toString('base64'), hex('aGk=')],
  ] as const)('is decoded exactly once from %s: %s', (encoding, text, expected) => {
    expect(render(text, { encoding })).toBe(expected);
  });

  it.each([
    ['base64', 'aGk'],
    ['base64', 'aGk=\n'],
    ['base64', 'aG k='],
    ['base64', '-_-_'],
    ['base64', 'aGl='],
    ['base64', 'canary!!'],
    ['base64url', '+/+/'],
    ['base64url', 'aGk=='],
    ['base64url', 'aGké'],
  ] as const)('is refused as %s where it is written otherwise: %j', (encoding, text) => {
    expect(() => render(text, { encoding })).toThrow(/^it is not base64/);
    expect(() => render(text, { encoding })).not.toThrow(text.slice(0, 3));
  });

  it('is decoded after the property was taken', () => {
    expect(render('{"key": "aGk="}', { property: 'key', encoding: 'base64' })).toBe(hex('hi'));
  });
});
