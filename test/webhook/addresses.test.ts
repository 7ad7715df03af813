import { describe, expect, it } from 'vitest';
import { addressProblem, canonicalAddress, findAddress } from '../../webhook/addresses.ts';

describe('the operator’s list', () => {
  const entries = [
    { url: 'https://vault.vault:8200' },
    { url: 'http://plain.example' },
    { url: 'https://[2001:db8::1]' },
  ];

  it.each([
    ['https://vault.vault:8200', 0],
    ['https://VAULT.vault:8200/', 0],
    ['https://vault.vault.:8200', 0],
    ['http://plain.example:80', 1],
    ['https://[2001:DB8:0::1]:443', 2],
  ])('has %s in whatever spelling', (address, index) => {
    expect(findAddress(entries, address)).toBe(entries[index]);
  });

  it.each([
    'http://vault.vault:8200',
    'https://vault.vault',
    'https://vault.vault:8201',
    'https://plain.example',
    'https://vault.vault:8200/v1',
    'https://user@vault.vault:8200',
    'https://vault.vault:8200?x',
    'nonsense',
    '',
    'https://vault.vault:8200.evil.example',
    'ftp://vault.vault:8200',
  ])('does not have %s', (address) => {
    expect(findAddress(entries, address)).toBeUndefined();
  });
});

describe('addresses that nobody may use', () => {
  it.each([
    'http://127.0.0.1:8200',
    'http://2130706433',
    'http://0x7f.1',
    'http://017700000001',
    'http://127.1',
    'https://[::1]:8200',
    'https://[::ffff:127.0.0.1]',
    'https://localhost:8200',
    'https://LOCALHOST.',
    'https://a.localhost',
    'http://169.254.169.254',
    'http://2852039166',
    'http://0xa9fea9fe',
    'https://metadata.google.internal',
    'http://metadata',
    'http://[fd00:ec2::254]',
    'http://100.100.100.200',
    'http://0',
    'http://[::]',
    'http://①②⑦.⓪.⓪.①',
  ])('%s is refused', (address) => {
    expect(addressProblem(address, false)).toMatch(/loopback, link-local or metadata/);
  });

  it('loopback is for development, and nothing else is', () => {
    expect(addressProblem('http://127.0.0.1:8200', true)).toBeUndefined();
    expect(addressProblem('http://localhost:8200', true)).toBeUndefined();
    expect(addressProblem('http://169.254.169.254', true)).toBeDefined();
    expect(addressProblem('http://metadata.google.internal', true)).toBeDefined();
  });

  it('what is no origin is refused with the form that is wanted', () => {
    expect(addressProblem('vault.vault:8200', false)).toBe('must be https://host:port, without path, query or user');
    expect(canonicalAddress('https://vault.vault:8200/ui')).toBeUndefined();
  });
});
