import { describe, expect, it } from 'vitest';
import { decodeAgentConfig, type StoreConfig } from '../../../contract/agent-config.ts';
import { CONTAINER, VOLUME } from '../../../contract/layout.ts';
import type { World } from '../../../webhook/admission/decide.ts';
import { CONFIG, denial, injected, named, podWith } from '../pods.ts';

const VAULT = { 'secrets.inject/file.x': 'vault:secret/db' };
const AWS = { 'secrets.inject/file.x': 'aws-secrets-manager:db?region=eu-west-1' };
const IRSA = { serviceAccountAnnotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/web' } };

/** What the agent is told of the one store, and the volumes that it gets for it. */
function storeOf(annotations: Record<string, string>, world: Partial<World> = {}): StoreConfig | undefined {
  const agent = named(injected(podWith(annotations), world), 'initContainers', CONTAINER.sidecar);
  const env = (agent?.['env'] ?? []) as { name: string; value: string }[];
  const { stores } = decodeAgentConfig(Object.fromEntries(env.map(({ name, value }) => [name, value])));
  return Object.values(stores)[0];
}

function keyed(annotations: Record<string, string>, more: Record<string, string>): Record<string, string> {
  return {
    ...annotations,
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`secrets.inject/${key}`, value])),
  };
}

describe('Vault', () => {
  it('is the operator’s default address, with the Kubernetes login and the audience of its tokens', () => {
    const store = storeOf(keyed(VAULT, { 'vault.role': 'web', 'vault.namespace': 'team' }));

    expect(store).toEqual({
      backend: 'vault',
      address: 'https://vault.vault:8200',
      namespace: 'team',
      caPem: 'PEM',
      auth: { method: 'kubernetes', path: 'kubernetes', role: 'web', tokenPath: '/secrets-inject/tokens/token-0' },
    });
  });

  it('takes what the operator says of an address, unless the Pod says otherwise', () => {
    const other = { 'vault.address': 'https://vault.other:8200/' };

    expect(storeOf(keyed(VAULT, other))).toMatchObject({ auth: { path: 'other', role: 'everybody' } });
    expect(storeOf(keyed(VAULT, { ...other, 'vault.auth-method': 'jwt', 'vault.role': 'r' }))).toMatchObject({
      auth: { method: 'jwt', path: 'jwt', role: 'r' },
    });
  });

  it('mounts tokens in the agent alone, with the audience of the store', () => {
    const pod = injected(podWith(keyed(VAULT, { 'vault.role': 'web' })));

    const token = { serviceAccountToken: { audience: 'vault', expirationSeconds: 3600, path: 'token-0' } };
    expect(named(pod, 'volumes', VOLUME.tokens)).toEqual({ name: VOLUME.tokens, projected: { sources: [token] } });
    expect(JSON.stringify(named(pod, 'containers', 'app'))).not.toContain(VOLUME.tokens);
  });

  it('with AppRole reads the Secret, and has no token', () => {
    const pod = podWith(keyed(VAULT, { 'vault.auth-method': 'approle', 'credentials-secret': 'keys' }));

    const result = injected(pod);

    expect(named(result, 'volumes', VOLUME.credentials)).toMatchObject({ secret: { secretName: 'keys' } });
    expect(named(result, 'volumes', VOLUME.tokens)).toBeUndefined();
  });

  it.each([
    [{}, 'no role to log in to Vault with: set secrets.inject/vault.role'],
    [{ 'vault.address': 'https://evil.example', 'vault.role': 'r' }, "is not on the operator's list"],
    [{ 'vault.address': 'https://vault.vault:443', 'vault.role': 'r' }, "is not on the operator's list"],
    [{ 'vault.address': 'http://[::ffff:169.254.169.254]', 'vault.role': 'r' }, 'metadata address'],
    [{ 'vault.address': 'http://127.1:8200', 'vault.role': 'r' }, 'metadata address'],
    [{ 'vault.audience': 'https://kubernetes.default.svc', 'vault.role': 'r' }, "is not on the operator's list"],
    [{ 'vault.auth-method': 'approle' }, 'name their Secret in secrets.inject/credentials-secret'],
  ])('with %j is refused', (more, message) => {
    expect(denial(podWith(keyed(VAULT, more)))).toContain(message);
  });

  it('without any address on the list is refused with the way out', () => {
    const config = { ...CONFIG, vault: { ...CONFIG.vault, address: undefined, addresses: [] } };

    expect(denial(podWith(keyed(VAULT, { 'vault.role': 'r' })), { config })).toContain(
      'no Vault address: set secrets.inject/vault.address',
    );
  });
});

describe('AWS Secrets Manager', () => {
  it('takes the role of the ServiceAccount, with a token for STS', () => {
    expect(storeOf(AWS, IRSA)).toEqual({
      backend: 'aws-secrets-manager',
      region: 'eu-west-1',
      identity: {
        kind: 'web-identity',
        roleArn: 'arn:aws:iam::123456789012:role/web',
        tokenPath: '/secrets-inject/tokens/token-0',
        sessionName: 'shop.default',
      },
    });
  });

  it('takes the role that the Pod names where the ServiceAccount names none', () => {
    const roleArn = 'arn:aws:iam::123456789012:role/pod';

    expect(storeOf(keyed(AWS, { 'aws.role-arn': roleArn }))).toMatchObject({
      identity: { kind: 'web-identity', roleArn },
    });
  });

  it('takes static keys where the Pod names their Secret', () => {
    expect(storeOf(keyed(AWS, { 'credentials-secret': 'keys' }), IRSA)).toMatchObject({
      identity: { kind: 'static', credentials: '/secrets-inject/credentials' },
    });
  });

  it('goes to a listed endpoint only', () => {
    expect(storeOf(keyed(AWS, { 'aws.endpoint': 'https://vpce.example' }), IRSA)).toMatchObject({
      endpoint: 'https://vpce.example',
    });
    expect(denial(podWith(keyed(AWS, { 'aws.endpoint': 'https://evil.example' })), IRSA)).toContain('aws.endpoints');
  });

  it.each([
    [AWS, {}, 'no identity for AWS: annotate ServiceAccount default'],
    [{ 'secrets.inject/file.x': 'aws-secrets-manager:db' }, IRSA, 'no region: set secrets.inject/aws.region'],
    [keyed(AWS, { 'aws.role-arn': 'arn:aws:iam::123456789012:role/b' }), IRSA, 'not available yet'],
    [AWS, { serviceAccountAnnotations: { 'eks.amazonaws.com/role-arn': 'admin' } }, 'is no ARN of a role'],
  ])('%j is refused with the way out', (annotations, world, message) => {
    expect(denial(podWith(annotations), world)).toContain(message);
  });
});

describe('backends', () => {
  it('that the operator does not allow are refused', () => {
    const config = { ...CONFIG, backends: ['vault' as const] };

    expect(denial(podWith({ 'secrets.inject/file.x': 'file:db' }), { config })).toContain(
      'the backend file is not allowed here',
    );
  });

  it('all tell their problems at once', () => {
    expect(denial(podWith({ ...AWS, 'secrets.inject/file.y': 'vault:secret/x' }))).toMatch(
      /^2 problems: .*AWS.*Vault|Vault.*AWS/,
    );
  });
});
