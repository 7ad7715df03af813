import { DescribeSecretCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { awsEndpoint } from '../../agent/stores/aws/endpoint.ts';
import { startAwsFixture } from './aws-fixture.ts';
import { writeCredentials } from './credentials.ts';
import { failureOf, freshName, pass, read } from './reading.ts';
import { available } from './servers/available.ts';
import { startFaultyProxy } from './servers/faults.ts';

const fixtures = await available('the AWS emulator', startAwsFixture);
afterAll(() => Promise.all(fixtures.map((fixture) => fixture.stop())));

it.skipIf(fixtures.length === 0)('has its server', () => expect(fixtures).toHaveLength(1));

describe.each(fixtures)('a secret of AWS', (fixture) => {
  const { config, admin, proxy, at } = fixture;

  it('is found by its ARN as by its name', async () => {
    const name = await fixture.write(`team/app/${freshName()}`, Buffer.from('value'));
    const { ARN = '' } = await admin.send(new DescribeSecretCommand({ SecretId: name }));

    expect(Buffer.from(await read(config, ARN)).toString()).toBe('value');
  });

  it('is read by a stage of its own', async () => {
    const name = freshName();
    await fixture.write(name, Buffer.from('old'));
    const { version: VersionId = '' } = (await pass(config, name)).value;
    await fixture.write(name, Buffer.from('new'));
    await admin.send(
      new UpdateSecretVersionStageCommand({ SecretId: name, VersionStage: 'BLUE', MoveToVersionId: VersionId }),
    );

    expect(Buffer.from(await read(config, name, { params: { stage: 'BLUE' } })).toString()).toBe('old');
  });

  it.each([
    [400, 'DecryptionFailure', 'denied'],
    [400, 'AccessDeniedException', 'denied'],
    [400, 'UnrecognizedClientException', 'denied'],
    [400, 'InvalidSignatureException', 'denied'],
    [400, 'ThrottlingException', 'throttled'],
    [400, 'InvalidParameterException', 'configuration'],
    [400, 'InvalidRequestException', 'disabled'],
    [403, 'SomethingNew', 'denied'],
    [400, 'SomethingNew', 'malformed'],
    [200, 'SomethingNew', 'malformed'],
  ])('fails by status and code: %i %s', async (status, code, reason) => {
    const body = `{"__type":"com.amazonaws#${code}","message":"canary"}`;
    proxy.fail({ kind: 'answer', status, body });

    const failure = await failureOf(read(at(proxy.address, { allowLoopback: true }), 'any'));

    proxy.heal();
    expect(failure.reason).toBe(reason);
    expect(failure.message).not.toContain('canary');
  });

  it('is asked for once and not again by the SDK itself', async () => {
    proxy.heal();
    proxy.fail({ kind: 'answer', status: 500 });

    await failureOf(read(at(proxy.address, { allowLoopback: true }), 'any'));

    expect(proxy.seen).toHaveLength(1);
    proxy.heal();
  });

  it('is read with keys that are read anew in each pass', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = fixture.readerKeys;
    const credentials = await writeCredentials(`${fixture.folder}/${freshName()}`, {
      AWS_ACCESS_KEY_ID: 'A',
      AWS_SECRET_ACCESS_KEY: 'b',
    });
    const rotated = { ...config, identity: { kind: 'static', credentials } } as const;
    const failure = await failureOf(read(rotated, name));
    await writeCredentials(credentials, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });

    const { value, remembered } = await pass(rotated, name);

    expect(failure.reason).toBe('denied');
    expect(Buffer.from(value.bytes).toString()).toBe('value');
    expect(remembered).toEqual({});
  });
});

describe.each(fixtures)('the environment', (fixture) => {
  const { config, folder } = fixture;
  afterEach(() => vi.unstubAllEnvs());

  it('has no say in where the agent goes, nor as whom', async () => {
    const trap = await startFaultyProxy(fixture.server.address);
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const profile = await writeCredentials(`${folder}/trap`, {
      config: `[default]\nregion = ap-south-1\nendpoint_url = ${trap.address}\ncredential_process = touch ${folder}/ran\n`,
    });
    for (const [variable, value] of Object.entries(misleading(trap.address, `${profile}/config`)))
      vi.stubEnv(variable, value);

    const bytes = await read(config, name);

    await trap.stop();
    expect(Buffer.from(bytes).toString()).toBe('value');
    expect(trap.seen).toEqual([]);
  });

  it('shows up in nothing that is sent', async () => {
    for (const [variable, value] of Object.entries(misleading('http://canary.test', '/canary')))
      vi.stubEnv(variable, value);
    fixture.proxy.heal();

    await failureOf(read(fixture.at(fixture.proxy.address, { allowLoopback: true }), freshName()));

    expect(JSON.stringify(fixture.proxy.seen)).not.toContain('canary');
    expect(fixture.proxy.seen[0]?.headers.authorization).toContain('/eu-west-1/secretsmanager/');
  });

  it('does not give credentials where the Secret holds none', async () => {
    const credentials = await writeCredentials(`${folder}/${freshName()}`, {});
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'environment');

    const failure = await failureOf(read({ ...config, identity: { kind: 'static', credentials } }, 'any'));

    expect(failure.reason).toBe('configuration');
    expect(failure.message).toContain('AWS_ACCESS_KEY_ID');
  });

  it('does not switch off the check of certificates', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');

    const failure = await failureOf(read(fixture.at(fixture.tlsProxy.address, { allowLoopback: true }), 'any'));

    expect(failure.message).toContain('CA bundle');
  });
});

/** What other programs would obey. */
function misleading(trap: string, configFile: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: trap,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: trap,
    AWS_ENDPOINT_URL_STS: trap,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: trap,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: trap,
    HTTP_PROXY: trap,
    HTTPS_PROXY: trap,
    http_proxy: trap,
    https_proxy: trap,
    ALL_PROXY: trap,
    NODE_USE_ENV_PROXY: '1',
    AWS_CONFIG_FILE: configFile,
    AWS_SHARED_CREDENTIALS_FILE: configFile,
    AWS_PROFILE: 'default',
    AWS_REGION: 'ap-south-1',
    AWS_ACCESS_KEY_ID: 'canary-key',
    AWS_SECRET_ACCESS_KEY: 'canary-secret',
    AWS_SESSION_TOKEN: 'canary-session',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_MAX_ATTEMPTS: '5',
    AWS_SDK_UA_APP_ID: 'canary-app',
    AWS_EXECUTION_ENV: 'canary-environment',
    AWS_LAMBDA_FUNCTION_NAME: 'canary-function',
    _X_AMZN_TRACE_ID: 'canary-trace',
  };
}

describe('endpoints of AWS', () => {
  it.each([
    ['eu-west-1', 'https://sts.eu-west-1.amazonaws.com'],
    ['cn-north-1', 'https://sts.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'https://sts.us-gov-west-1.amazonaws.com'],
    ['us-isob-east-1', 'https://sts.us-isob-east-1.sc2s.sgov.gov'],
  ])('follow from the region %s', (region, endpoint) => {
    expect(awsEndpoint('sts', region)).toBe(endpoint);
  });
});
