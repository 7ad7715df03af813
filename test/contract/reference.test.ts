import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKEND_IDS } from '../../contract/backends.ts';
import { fillFrom } from '../../contract/placeholders.ts';
import type { Reference } from '../../contract/reference.ts';
import { parseReference, printReference } from '../../contract/reference.ts';
import { input } from './support.ts';

const { pod } = input({});
const context = { stores: [...BACKEND_IDS, 'prod'], fill: fillFrom(pod) };

function read(text: string): Reference | readonly string[] {
  const { reference, reasons } = parseReference(text, context);
  return reasons.length > 0 ? reasons : reference;
}

describe('a reference', () => {
  it.each<[string, Partial<Reference>]>([
    ['vault:secret/db', { store: 'vault', name: 'secret/db' }],
    ['prod:db', { store: 'prod', name: 'db' }],
    ['secret/db', { name: 'secret/db' }],
    ['vault:secret/db#password', { store: 'vault', name: 'secret/db', property: 'password' }],
    [
      'vault:db?version=3&role=web#a.b',
      { store: 'vault', name: 'db', params: { version: '3', role: 'web' }, property: 'a.b' },
    ],
    [
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:a/b-AbCdEf',
      { name: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:a/b-AbCdEf' },
    ],
    ['mount/path:with/colon', { name: 'mount/path:with/colon' }],
    ['vault:a:b', { store: 'vault', name: 'a:b' }],
    ['vaul%3Ax', { name: 'vaul:x' }],
    ['vault:a+b%20c', { store: 'vault', name: 'a+b c' }],
    ['vault:a?default=1+1', { store: 'vault', name: 'a', params: { default: '1+1' } }],
    ['vault:a?default=x=y', { store: 'vault', name: 'a', params: { default: 'x=y' } }],
    ['vault:a?default=', { store: 'vault', name: 'a', params: { default: '' } }],
    ['vault:a?default=%26%23%3F', { store: 'vault', name: 'a', params: { default: '&#?' } }],
    ['vault:what%3F%23%25', { store: 'vault', name: 'what?#%' }],
    ['vault:a%252Fb', { store: 'vault', name: 'a%2Fb' }],
    ['vault:a#b%23c', { store: 'vault', name: 'a', property: 'b#c' }],
    ['vault:%7Bx%7D', { store: 'vault', name: '{x}' }],
    ['vault:..data', { store: 'vault', name: '..data' }],
    ['aws-parameter-store:/prod/db', { store: 'aws-parameter-store', name: '/prod/db' }],
  ])('%s is read', (text, expected) => {
    expect(read(text)).toEqual({ params: {}, ...expected });
  });

  it.each([
    ['vualt:x', '"vualt:" looks like a slip of "vault:"'],
    ['Vault:x', '"Vault:" looks like a slip of "vault:"'],
    ['VAULT:x', '"VAULT:" looks like a slip of "vault:"'],
    ['aws-secret-manager:x', 'a slip of "aws-secrets-manager:"'],
    [' vault:x', 'a slip of "vault:"'],
    ['prd:x', '"prd:" looks like a slip of "prod:"'],
    ['', 'names no secret'],
    ['vault:', 'names no secret'],
    ['vault:?version=1', 'names no secret'],
    ['vault:a/../b', 'a segment ".."'],
    ['vault:a%2F..%2Fb', 'a segment ".."'],
    ['vault:%2e%2E/b', 'a segment ".."'],
    ['vault:./b', 'a segment "."'],
    ['vault:a//b', 'an empty segment'],
    ['vault:a/', 'an empty segment'],
    ['vault://a', 'an empty segment'],
    ['vault:a%00', 'a control character'],
    ['vault:a\n', 'a control character'],
    ['vault:a%zz', 'two hex digits'],
    ['vault:a%', 'two hex digits'],
    ['vault:a%FF', 'not UTF-8'],
    ['vault:a#', 'no property'],
    ['vault:a#b?optional=true', 'parameters stand before the property'],
    ['vault:a#b#c', 'a second "#"'],
    ['vault:a?', 'an empty parameter'],
    ['vault:a?version=1&&role=b', 'an empty parameter'],
    ['vault:a?version', 'without "="'],
    ['vault:a?version=1&version=2', '"version" twice'],
    ['vault:a?version=1&v%65rsion=2', '"version" twice'],
    ['vault:a?role={pod.name}', 'they work in the name alone'],
    [`vault:${'a'.repeat(2049)}`, 'more than 2048 characters'],
  ])('%j is refused', (text, reason) => {
    expect(read(text)).toEqual([expect.stringContaining(reason)]);
  });

  it('tells everything that is wrong with it', () => {
    expect(read('vualt:a/../b?x&x#')).toHaveLength(5);
  });
});

describe('a placeholder', () => {
  it.each([
    ['vault:a/{pod.name}', 'a/web-0'],
    ['vault:{pod.namespace}/{pod.service-account}', 'shop/web'],
    ['vault:a/{pod.label:app.kubernetes.io/name}-x', 'a/storefront-x'],
    ['{pod.label:app}/x:y', 'web/x:y'],
  ])('%s is filled in', (text, name) => {
    expect(read(text)).toMatchObject({ name });
  });

  it.each([
    ['vault:{pod.nmae}', 'nearest valid name: {pod.name}'],
    ['vault:{namespace}', 'nearest valid name: {pod.namespace}'],
    ['vault:{pod.label:tier}', 'the Pod has no label "tier"'],
    ['vault:{pod.label:__proto__}', 'the Pod has no label "__proto__"'],
    ['vault:{pod.name', 'a brace that is no placeholder'],
  ])('%s is refused', (text, reason) => {
    expect(read(text)).toEqual([expect.stringContaining(reason)]);
  });

  it('is refused while the name of the Pod is still to be generated', () => {
    const { name: _, ...unnamed } = pod;

    const { reasons } = parseReference('vault:{pod.name}', { ...context, fill: fillFrom(unnamed) });

    expect(reasons).toEqual([expect.stringContaining('still to be generated')]);
  });

  it.each(['../x', 'a/b', '', '..', 'a\nb', 'vault:x', '%2F'])('never brings in the label value %j', (value) => {
    const { reasons } = parseReference('vault:a/{pod.label:x}', {
      ...context,
      fill: fillFrom({ ...pod, labels: { x: value } }),
    });

    expect(reasons).toEqual([expect.stringContaining('characters that no label may have')]);
  });
});

const segment = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((text) => !/[\p{Cc}/]/u.test(text) && text !== '.' && text !== '..');
const plain = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}/u.test(text));
const reference = fc.record(
  {
    store: fc.constantFrom(...context.stores),
    name: fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/')),
    params: fc.dictionary(fc.string({ minLength: 1 }), plain, { maxKeys: 4, noNullPrototype: true }),
    property: plain.filter((text) => text !== ''),
  },
  { requiredKeys: ['name', 'params'] },
);

describe('parsing and printing', () => {
  it('are each other’s opposite', () => {
    fc.assert(
      fc.property(reference, (given) => {
        expect(read(printReference(given))).toEqual(given);
      }),
      { numRuns: 500 },
    );
  });

  it('never throw, and end, whatever the text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: fc.constantFrom('vault', 'prod', ...Array.from(':?#&=%{}/.2F')), maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (text) => {
        const { reference, reasons } = parseReference(text, context);
        const again = reasons.length > 0 ? reference : parseReference(printReference(reference), context).reference;
        expect(again).toEqual(reference);
      }),
      { numRuns: 1000 },
    );
  });
});
