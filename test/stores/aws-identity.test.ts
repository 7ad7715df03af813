import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AwsSecretsManagerStore } from '../../contract/agent-config.ts';
import { startAwsFixture } from './aws-fixture.ts';
import { failureOf, freshName, pass, read } from './reading.ts';
import { available } from './servers/available.ts';
import { startFaultyProxy } from './servers/faults.ts';
import { createIssuer, type Claims } from './servers/issuer.ts';
import { startSts } from './servers/sts.ts';

const SUBJECT = 'system:serviceaccount:shop:web';
const HOUR = 3_600_000;

/** The emulator, with a token service in front that looks at tokens. */
async function startWebIdentity() {
  const aws = await startAwsFixture();
  const issuer = createIssuer();
  const sts = await startSts({
    upstream: aws.server,
    keys: [issuer.publicKeyPem],
    trust: { [aws.roleArn]: SUBJECT },
  });
  const stsProxy = await startFaultyProxy(sts.address);
  const tokenPath = join(aws.folder, 'token');
  const identity = { kind: 'web-identity', roleArn: aws.roleArn, tokenPath, sessionName: 'shop-web' } as const;
  return {
    ...aws,
    sts,
    stsProxy,
    config: { ...aws.config, stsEndpoint: stsProxy.address, identity } satisfies AwsSecretsManagerStore,
    identity,
    tokenFile: (claims: Partial<Claims> = {}) =>
      writeFile(tokenPath, issuer.issue({ aud: 'sts.amazonaws.com', ...claims })),
    async stop() {
      await stsProxy.stop();
      await sts.stop();
      await aws.stop();
    },
  };
}

const fixtures = await available('the AWS emulator', startWebIdentity);
afterAll(() => Promise.all(fixtures.map((fixture) => fixture.stop())));

it.skipIf(fixtures.length === 0)('has its server', () => expect(fixtures).toHaveLength(1));

describe.each(fixtures)('a web identity', (fixture) => {
  const { config, identity, stsProxy, sts, tokenFile } = fixture;
  const write = () => fixture.write(freshName(), Buffer.from('value'));

  it("reads as the role that the Pod's token may assume", async () => {
    const name = await write();
    await tokenFile();

    expect(Buffer.from(await read(config, name)).toString()).toBe('value');
  });

  it.each([
    ['another audience', { aud: 'store' }],
    ['another ServiceAccount', { sub: 'system:serviceaccount:shop:other' }],
    ['an expired token', { exp: 1_700_000_000 }],
  ] as const)('is denied with %s', async (_what, claims) => {
    const name = await write();
    await tokenFile(claims);

    const failure = await failureOf(read(config, name));

    expect(failure.reason).toBe('denied');
    expect(failure.message).toContain("the Pod's token");
  });

  it('is denied a role that does not trust it', async () => {
    await tokenFile();
    const other = { ...config, identity: { ...identity, roleArn: 'arn:aws:iam::123456789012:role/other' } };

    const failure = await failureOf(read(other, 'any'));

    expect(failure.reason).toBe('denied');
  });

  it('keeps its credentials for the next pass until shortly before they end, and reads the token anew then', async () => {
    const name = await write();
    const start = Date.now();
    await tokenFile();
    const first = await pass(config, name, { now: () => start });
    await tokenFile({ sub: 'system:serviceaccount:shop:other' });
    const before = sts.granted();

    const second = await pass(config, name, { now: () => start + HOUR / 2, remembered: first.remembered });
    const late = { now: () => start + HOUR - 60_000, remembered: second.remembered };
    const failure = await failureOf(pass(config, name, late));

    expect(sts.granted()).toBe(before);
    expect(failure.reason).toBe('denied');
  });

  it('takes new credentials once where those of an earlier pass are refused', async () => {
    const name = await write();
    await tokenFile();
    const viaProxy = { ...config, endpoint: fixture.proxy.address };
    const { remembered } = await pass(viaProxy, name);
    const before = sts.granted();
    const body = '{"__type":"ExpiredTokenException","message":"canary"}';
    fixture.proxy.fail({ kind: 'answer', status: 400, body }, { times: 1 });

    const { value } = await pass(viaProxy, name, { remembered });

    fixture.proxy.heal();
    expect(Buffer.from(value.bytes).toString()).toBe('value');
    expect(sts.granted()).toBe(before + 1);
  });

  it.each([
    [500, '', 'unreachable'],
    [503, '', 'unreachable'],
    [429, '', 'throttled'],
    [400, 'IDPCommunicationError', 'unreachable'],
    [400, 'Throttling', 'throttled'],
    [403, 'RegionDisabledException', 'configuration'],
    [200, '', 'malformed'],
    [307, '', 'malformed'],
  ])('tells why STS failed: %i %s', async (status, code, reason) => {
    await tokenFile();
    stsProxy.fail({
      kind: 'answer',
      status,
      body: `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`,
    });

    const failure = await failureOf(read(config, 'any'));

    stsProxy.heal();
    expect(failure.reason).toBe(reason);
  });

  it('sends its token to no forbidden address', async () => {
    await tokenFile();
    stsProxy.heal();
    const { allowLoopback: _gone, ...strict } = config;

    const failure = await failureOf(read(strict, 'any'));

    expect(failure.reason).toBe('configuration');
    expect(stsProxy.seen).toEqual([]);
  });
});
