import { beforeAll, describe, expect, it } from 'vitest';
import { issueLeaf } from '../../certs/authority.ts';
import { pairProblem, readBundle } from '../../certs/verify.ts';
import { opensslVerify } from './support/openssl.ts';
import { bundleOf, DAY, HOUR, lasting, makePool, NOW } from './support/pool.ts';

let pool: Awaited<ReturnType<typeof makePool>>;
beforeAll(async () => {
  pool = await makePool();
});

/** Of the first leaf under the first authority, but for what the case changes. */
function problem(changed: { chainPem?: string; keyPem?: string; bundle?: string; at?: number } = {}) {
  const pair = { chainPem: pool.leaf.certificatePem, keyPem: pool.leaf.keyPem, ...changed };
  const bundle = bundleOf(changed.bundle ?? pool.first.certificatePem);
  return pairProblem(pair, ['hook.ns.svc'], bundle, changed.at ?? NOW);
}

describe('a pair that is offered for serving', () => {
  it('passes when everything about it is right', () => {
    expect(problem()).toBeUndefined();
  });

  it.each([
    ['certificate', () => problem({ chainPem: 'not PEM' }), 'does not parse'],
    ['certificate', () => problem({ chainPem: '' }), 'does not parse'],
    ['chain', () => problem({ chainPem: `${pool.leaf.certificatePem}garbage` }), 'does not parse'],
    ['key', () => problem({ keyPem: 'not PEM' }), 'the key does not parse'],
    ['key', () => problem({ keyPem: pool.secondLeaf.keyPem }), 'the key does not fit'],
    ['bundle', () => problem({ bundle: pool.second.certificatePem }), 'no valid authority'],
    ['bundle', () => problem({ bundle: '' }), 'no valid authority'],
    ['end', () => problem({ at: NOW + 31 * DAY }), 'ended at'],
    ['begin', () => problem({ at: NOW - 2 * HOUR }), 'valid only from'],
  ])('is refused with the reason when its %s is wrong', (_, ask, reason) => {
    expect(ask()).toContain(reason);
  });

  it('is refused when it is for other names, and says which are missing', () => {
    const pair = { chainPem: pool.leaf.certificatePem, keyPem: pool.leaf.keyPem };

    const found = pairProblem(pair, ['hook.ns.svc', 'a.b.svc'], bundleOf(pool.first.certificatePem), NOW);

    expect(found).toBe('the certificate is not for a.b.svc');
  });

  it('is refused when it is an authority', () => {
    const pair = { chainPem: pool.first.certificatePem, keyPem: pool.first.keyPem };

    expect(pairProblem(pair, [], bundleOf(pool.second.certificatePem), NOW)).toContain('no valid authority');
  });

  it('agrees with OpenSSL on every mixture of chain, bundle and time', async () => {
    const short = await issueLeaf(pool.second, pool.names, lasting(10));
    const leaves = [pool.leaf, pool.secondLeaf, short];
    const chains = leaves.flatMap((leaf) => ['', pool.cross].map((extra) => ({ leaf, extra })));
    const [first, second] = [pool.first.certificatePem, pool.second.certificatePem];
    for (const { leaf, extra } of chains) {
      for (const bundle of [first, second, first + second, pool.cross + first]) {
        for (const at of [NOW, NOW + 20 * DAY, NOW + 150 * DAY]) {
          const chainPem = leaf.certificatePem + extra;
          const ours = problem({ chainPem, keyPem: leaf.keyPem, bundle, at }) === undefined;
          expect(ours).toBe(opensslVerify(chainPem, bundle, 'hook.ns.svc', at) === 'OK');
        }
      }
    }
  });
});

describe('reading a bundle', () => {
  it('keeps the certificates and says when there was more than certificates', () => {
    const both = pool.first.certificatePem + pool.second.certificatePem;

    expect(readBundle(both)).toMatchObject({ broken: false, certificates: { length: 2 } });
    expect(readBundle(`# mine\n${both}`)).toMatchObject({ broken: true, certificates: { length: 2 } });
    expect(readBundle(pool.first.keyPem)).toMatchObject({ broken: true, certificates: [] });
    expect(readBundle('')).toEqual({ broken: false, certificates: [] });
  });

  it('drops a block that holds no certificate', () => {
    const torn = pool.first.certificatePem.replace(/.{20}\n/, '\n');

    expect(readBundle(torn + pool.second.certificatePem)).toMatchObject({ broken: true, certificates: { length: 1 } });
  });
});
