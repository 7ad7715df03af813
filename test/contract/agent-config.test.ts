import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentConfig } from '../../contract/agent-config.ts';
import { decodeAgentConfig, encodeAgentConfig } from '../../contract/agent-config.ts';
import { EXIT } from '../../contract/exit-codes.ts';

function config(names: readonly string[]): AgentConfig {
  return {
    version: 1,
    namespace: 'shop',
    mode: 'refresh',
    refreshIntervalMs: 300_000,
    initTimeoutMs: 20_000,
    logLevel: 'info',
    port: 9465,
    nameLabels: true,
    stores: { file: { backend: 'file', root: '/dev-secrets' } },
    files: names.map((name, i) => ({
      path: `f${i}`,
      mode: 0o440,
      value: { text: name, store: 'file', name, params: {} },
    })),
  };
}

function environment(message: AgentConfig): Record<string, string> {
  return Object.fromEntries(encodeAgentConfig(message).map(({ name, value }) => [name, value]));
}

describe('the message to the agent', () => {
  it('comes out as it went in', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 50 });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 20 }), (names) => {
        expect(decodeAgentConfig(environment(config(names)))).toEqual(config(names));
      }),
    );
  });

  it('is cut into variables that the kernel takes, and never through a character', () => {
    const long = config(Array.from({ length: 3000 }, (_, i) => `${'x'.repeat(i % 7)}🔑`));

    const variables = encodeAgentConfig(long);

    expect(variables.length).toBeGreaterThan(5);
    expect(variables.every(({ value }) => Buffer.byteLength(value) < 100_000 && /^[ -~]*$/.test(value))).toBe(true);
    expect(decodeAgentConfig(environment(long))).toEqual(long);
  });

  it('holds nothing that the kubelet would expand', () => {
    const values = Object.values(environment(config(['$(HOME)/$$x'])));

    expect(values.join('')).not.toContain('$');
  });

  it.each([
    [{}, 'was this container made by the webhook?'],
    [{ SECRETS_INJECT_CONFIG: '{' }, 'not valid JSON'],
    [{ SECRETS_INJECT_CONFIG: '{"version":2}' }, 'use images of one release'],
  ])('is refused where it is %j', (environment, reason) => {
    expect(() => decodeAgentConfig(environment)).toThrow(reason);
  });
});

describe('exit codes', () => {
  it('are distinct', () => {
    const codes = Object.values(EXIT).map(({ code }) => code);

    expect(new Set(codes).size).toBe(codes.length);
  });
});
