import { describe, expect, it } from 'vitest';
import { isForbiddenAddress, isLoopbackAddress } from '../../contract/forbidden-addresses.ts';

describe('addresses that no store may have', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.9',
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '169.254.170.23',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fd20:ce::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '::ffff:0:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '0:0:0:0:0:0:0:1',
    'FE80::A',
    'metadata.google.internal',
    '2130706433',
    '',
  ])('%s is forbidden', (address) => {
    expect(isForbiddenAddress(address)).toBe(true);
  });

  it.each(['10.88.0.1', '192.168.1.1', '8.8.8.8', '100.100.100.201', '2001:db8::1', 'fd00::1', '::ffff:10.0.0.1'])(
    '%s is not',
    (address) => {
      expect(isForbiddenAddress(address)).toBe(false);
    },
  );
});

describe('loopback', () => {
  it('is known in every spelling, and nothing else is', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].map(isLoopbackAddress)).not.toContain(false);
    expect(['169.254.169.254', '::', 'localhost', '10.0.0.1'].map(isLoopbackAddress)).not.toContain(true);
  });
});
