import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { guardedLookup, refuseForbiddenHost } from '../../../../agent/stores/shared/address.ts';

const lookup = (rules: { allowLoopback?: boolean }) => promisify(guardedLookup(rules));

describe('addresses of stores', () => {
  it.each(['http://127.0.0.1', 'http://[::1]', 'http://2130706433', 'http://0x7f.1', 'http://169.254.169.254'])(
    'refuse %s',
    (origin) => {
      expect(() => refuseForbiddenHost(new URL(origin), {})).toThrow('no store may be');
    },
  );

  it.each(['http://10.0.0.1', 'http://[2001:db8::1]', 'http://vault.vault'])('let %s pass', (origin) => {
    expect(() => refuseForbiddenHost(new URL(origin), {})).not.toThrow();
  });

  it('refuse a name by what it resolves to', async () => {
    await expect(lookup({})('localhost', {})).rejects.toThrow('localhost resolves to');
  });

  it('answer in the shape that the connection asks for', async () => {
    const one = await lookup({ allowLoopback: true })('localhost', {});
    const all = await lookup({ allowLoopback: true })('localhost', { all: true });

    expect(one).toMatch(/^127\.|^::1$/);
    expect(all).toContainEqual(expect.objectContaining({ address: one }));
  });
});
