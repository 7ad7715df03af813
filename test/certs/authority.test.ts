import { createServer, connect } from 'node:tls';
import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { issueLeaf } from '../../certs/authority.ts';
import { fingerprintOf } from '../../certs/verify.ts';
import { opensslText, opensslVerify } from './support/openssl.ts';
import { DAY, HOUR, lasting, makePool, NOW } from './support/pool.ts';

let pool: Awaited<ReturnType<typeof makePool>>;
beforeAll(async () => {
  pool = await makePool();
});

describe('what the authority issues', () => {
  it('is accepted by OpenSSL for every name, to the last second and no longer', () => {
    for (const name of pool.names) expect(verdictAt(name, NOW)).toBe('OK');
    expect(verdictAt('hook.ns.svc', NOW - HOUR + 2000)).toBe('OK');
    expect(verdictAt('hook.ns.svc', NOW - HOUR - 2000)).toContain('not yet valid');
    expect(verdictAt('hook.ns.svc', NOW + 30 * DAY - 2000)).toBe('OK');
    expect(verdictAt('hook.ns.svc', NOW + 30 * DAY + 2000)).toContain('expired');
    expect(verdictAt('other.ns.svc', NOW)).toContain('hostname mismatch');
  });

  it('is refused by OpenSSL under another authority', () => {
    const verdict = opensslVerify(pool.leaf.certificatePem, pool.second.certificatePem, 'hook.ns.svc', NOW);

    expect(verdict).toContain('unable to get local issuer certificate');
  });

  it('is accepted by OpenSSL under the old authority, the new and both, when the old one vouches for the new', () => {
    const chain = pool.secondLeaf.certificatePem + pool.cross;
    const verdictUnder = (bundle: string) => opensslVerify(chain, bundle, 'hook.ns.svc', NOW);

    expect(verdictUnder(pool.first.certificatePem)).toBe('OK');
    expect(verdictUnder(pool.second.certificatePem)).toBe('OK');
    expect(verdictUnder(pool.first.certificatePem + pool.second.certificatePem)).toBe('OK');
    const without = opensslVerify(pool.secondLeaf.certificatePem, pool.first.certificatePem, 'hook.ns.svc', NOW);
    expect(without).not.toBe('OK');
  });

  it('has names, serials and key identifiers of its own each time', () => {
    const certificates = [pool.first, pool.second, pool.leaf, pool.secondLeaf].map(
      ({ certificatePem }) => new X509Certificate(certificatePem),
    );

    for (const property of ['subject', 'serialNumber', 'fingerprint256'] as const) {
      expect(new Set(certificates.map((certificate) => certificate[property])).size).toBe(4);
    }
    const keyIds = [pool.first, pool.second].map(({ certificatePem }) => keyIdOf(certificatePem, 'Subject'));
    expect(keyIds[0]).not.toBe(keyIds[1]);
  });

  it("names the issuer's key, not its own, as the one that signed", () => {
    expect(keyIdOf(pool.leaf.certificatePem, 'Authority')).toBe(keyIdOf(pool.first.certificatePem, 'Subject'));
    expect(keyIdOf(pool.cross, 'Authority')).toBe(keyIdOf(pool.first.certificatePem, 'Subject'));
    expect(keyIdOf(pool.cross, 'Subject')).toBe(keyIdOf(pool.second.certificatePem, 'Subject'));
  });

  it('never outlives its issuer', async () => {
    const leaf = await issueLeaf(pool.first, pool.names, lasting(1000));

    const end = new X509Certificate(leaf.certificatePem).validToDate;
    expect(end).toEqual(new X509Certificate(pool.first.certificatePem).validToDate);
    expect(new X509Certificate(pool.cross).validToDate).toEqual(end);
  });

  it('lets an authority sign certificates only, and a leaf serve only', () => {
    const authority = opensslText(pool.first.certificatePem);
    const leaf = opensslText(pool.leaf.certificatePem);

    expect(authority).toMatch(/Basic Constraints: critical\s+CA:TRUE/);
    expect(authority).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(leaf).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(leaf).toMatch(/Extended Key Usage: *\s+TLS Web Server Authentication/);
  });

  it('shakes hands in Node with a client that trusts the authority, and with no other', async () => {
    const server = createServer({ cert: pool.leaf.certificatePem, key: pool.leaf.keyPem }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const dial = (ca: string) => connect({ port, host: '127.0.0.1', servername: 'hook.ns.svc', ca });

    const good = dial(pool.first.certificatePem);
    await once(good, 'secureConnect');
    const seen = good.getPeerX509Certificate();
    good.destroy();
    const bad = dial(pool.second.certificatePem);
    const [error] = await once(bad, 'error');
    server.close();

    expect(seen && fingerprintOf(seen)).toBe(fingerprintOf(new X509Certificate(pool.leaf.certificatePem)));
    expect(String(error)).toContain('unable to verify');
  });
});

function verdictAt(name: string, at: number): string {
  return opensslVerify(pool.leaf.certificatePem, pool.first.certificatePem, name, at);
}

function keyIdOf(pem: string, whose: 'Subject' | 'Authority'): string {
  const [, id = `no ${whose}`] =
    new RegExp(`X509v3 ${whose} Key Identifier: *\\s+(?:keyid:)?([0-9A-F:]+)`).exec(opensslText(pem)) ?? [];
  return id;
}
