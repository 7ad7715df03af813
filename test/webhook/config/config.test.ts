import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../webhook/config.ts';

const LEAST = 'agent: { image: agent:1 }';

function messageOf(file: string, environment: Record<string, string> = {}): string {
  try {
    parseConfig(file, environment);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

describe('the configuration', () => {
  it('needs nothing but the image of the agent', () => {
    const config = parseConfig(LEAST, {});

    expect(config.listen).toMatchObject({ https: 8443, http: 8080 });
    expect(config.agent).toMatchObject({ image: 'agent:1', port: 9465, nameLabels: true });
    expect(config.backends).toEqual(['vault', 'aws-secrets-manager']);
    expect(config.vault).toMatchObject({ addresses: [], audience: 'vault' });
  });

  it('takes variables over the file, lists and numbers included', () => {
    const config = parseConfig('agent: { image: agent:1, port: 1 }', {
      SECRETS_INJECT_AGENT_IMAGE: 'agent:2',
      SECRETS_INJECT_AGENT_NAME_LABELS: 'false',
      SECRETS_INJECT_LISTEN_HTTPS: '9443',
      SECRETS_INJECT_BACKENDS: '[vault]',
      SECRETS_INJECT_TLS_LEAF_LIFETIME: '90s',
      HOME: '/root',
    });

    expect(config.agent).toMatchObject({ image: 'agent:2', nameLabels: false, port: 1 });
    expect(config.listen.https).toBe(9443);
    expect(config.backends).toEqual(['vault']);
    expect(config.tls.leafLifetime).toBe(90_000);
  });

  it('passes over the variables that Kubernetes makes of a Service of this name', () => {
    const links = {
      SECRETS_INJECT_SERVICE_HOST: '10.0.0.1',
      SECRETS_INJECT_SERVICE_PORT_HTTPS: '443',
      SECRETS_INJECT_PORT: 'tcp://10.0.0.1:443',
      SECRETS_INJECT_PORT_443_TCP_ADDR: '10.0.0.1',
      SECRETS_INJECT_AGENT_PORT: 'tcp://10.0.0.2:443',
    };

    expect(parseConfig(LEAST, links).agent.port).toBe(9465);
  });

  it('tells every problem in one message, each by its path', () => {
    const message = messageOf('agent: { imag: x, port: 99999 }\nlogLevel: loud\nbackends: vault', {
      SECRETS_INJECT_NONE: '1',
    });

    expect(message).toMatch(/^bad configuration: /);
    for (const part of [
      'agent.imag is unknown',
      'agent.image is missing',
      'agent.port must be',
      'logLevel must be one of',
      'backends must be a list',
      'SECRETS_INJECT_NONE is an unknown variable',
    ])
      expect(message).toContain(part);
  });

  it.each([
    ['[', 'is not YAML'],
    ['x', 'must be a map'],
    ['agent: [image]', 'agent must be a map'],
    ['agent: { image: null }', 'agent.image is missing'],
  ])('a file that says %s is refused', (file, part) => {
    expect(messageOf(file)).toContain(part);
  });
});

describe('what single fields cannot say', () => {
  it.each([
    [
      'vault: { addresses: [{ url: http://169.254.169.254 }] }',
      'vault.addresses[0].url is a loopback, link-local or metadata',
    ],
    ['vault: { addresses: [{ url: http://127.0.0.1:8200 }] }', 'vault.addresses[0].url'],
    ['vault: { address: https://a, addresses: [{ url: https://b }] }', 'vault.address must be one of vault.addresses'],
    ['aws: { endpoint: https://a }', 'aws.endpoint must be one of aws.endpoints'],
    ['backends: [file]', 'file.root'],
    ['vault: { audience: https://kubernetes.default.svc }', "is the API server's own"],
    ['tls: { leafLifetime: 30d, caLifetime: 1d }', 'tls.leafLifetime'],
    ['defaults: { refresh-intervall: 1m }', 'operator default refresh-intervall'],
    ['defaults: { "file.x": "vault:a/b" }', 'operator default file.x'],
  ])('%s is refused', (part, message) => {
    expect(messageOf(`${LEAST}\n${part}`)).toContain(message);
  });

  it('development allows loopback, and the switch the audience of the API server', () => {
    const file = `${LEAST}
vault: { audience: api, addresses: [{ url: 'http://127.0.0.1:8200', development: true }] }
tokens: { allowApiServerAudience: true }`;

    expect(messageOf(file)).toBe('');
  });
});
