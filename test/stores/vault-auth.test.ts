import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { VaultAuth, VaultStore } from '../../contract/agent-config.ts';
import { openStore } from '../../agent/stores/registry.ts';
import type { Remembered } from '../../agent/stores/store.ts';
import { writeCredentials } from './credentials.ts';
import { failureOf, freshName, pass, read } from './reading.ts';
import { available } from './servers/available.ts';
import { createIssuer, type Claims } from './servers/issuer.ts';
import type { VaultServer } from './servers/vault.ts';
import { startVaultFixture, type VaultFixture } from './vault-fixture.ts';

const fixtures = await available('Vault', startVaultFixture);
afterAll(() => Promise.all(fixtures.map((fixture) => fixture.stop())));

it.skipIf(fixtures.length === 0)('has its server', () => expect(fixtures).toHaveLength(1));

const MINUTE = 60_000;

/** The store behind the proxy, which sees every call, with a login of its own. */
function behindProxy({ proxy, at }: VaultFixture, auth: VaultAuth): VaultStore {
  proxy.heal();
  return { ...at(proxy.address, { allowLoopback: true }), auth };
}

/** Calls to Vault's auth endpoints, without the mount's random name. */
function authCalls({ proxy }: VaultFixture): string[] {
  const paths = proxy.seen.map(({ path }) => path);
  return paths.flatMap((path) =>
    path.endsWith('/login') ? ['login'] : (/auth\/token\/([a-z-]+)/.exec(path)?.[1] ?? []),
  );
}

async function tokensAt({ api }: VaultServer): Promise<number> {
  const accessors = (await api('LIST', 'auth/token/accessors')).data?.['keys'];
  return Array.isArray(accessors) ? accessors.length : 0;
}

describe.each(fixtures)('JWT auth', (fixture) => {
  const { config, server, folder } = fixture;
  const issuer = createIssuer();
  const mount = freshName();
  const tokenPath = join(folder, mount);
  const auth: VaultAuth = { method: 'jwt', path: mount, role: 'web', tokenPath };

  async function tokenFile(claims: Partial<Claims> = {}): Promise<void> {
    await writeFile(tokenPath, issuer.issue(claims));
  }

  async function secret(): Promise<string> {
    const mounts = await server.api('GET', 'sys/auth');
    if (mounts.data?.[`${mount}/`] === undefined) {
      await server.api('POST', `sys/auth/${mount}`, { type: 'jwt' });
      await server.api('POST', `auth/${mount}/config`, { jwt_validation_pubkeys: [issuer.publicKeyPem] });
      await server.api('POST', `auth/${mount}/role/web`, {
        role_type: 'jwt',
        user_claim: 'sub',
        bound_audiences: ['store'],
        bound_subject: 'system:serviceaccount:shop:web',
        token_policies: ['reader'],
      });
    }
    return fixture.write(freshName(), Buffer.from('value'));
  }

  it("logs in with the Pod's token", async () => {
    const name = await secret();
    await tokenFile();

    const bytes = await read({ ...config, auth }, name);

    expect(Buffer.from(fixture.unwrap(bytes)).toString()).toBe('value');
  });

  it.each([
    ['another audience', { aud: 'elsewhere' }],
    ['another ServiceAccount', { sub: 'system:serviceaccount:shop:other' }],
    ['an expired token', { exp: 1_700_000_000 }],
  ] as const)('is denied with %s', async (_what, claims) => {
    const name = await secret();
    await tokenFile(claims);

    const failure = await failureOf(read({ ...config, auth }, name));

    expect(failure.reason).toBe('denied');
    expect(failure.message).toContain('login refused');
  });

  it('reads the token file anew at each login', async () => {
    const name = await secret();
    await tokenFile({ aud: 'elsewhere' });
    const store = await openStore({ ...config, auth }, { now: Date.now });
    await failureOf(store.read({ name, params: {} }, AbortSignal.timeout(5000)));
    await tokenFile();

    const value = await store.read({ name, params: {} }, AbortSignal.timeout(5000));

    store.close?.();
    expect(Buffer.from(fixture.unwrap(value.bytes)).toString()).toBe('value');
  });

  it('names the token file that is not there', async () => {
    const failure = await failureOf(read({ ...config, auth: { ...auth, tokenPath: '/no/such/token' } }, 'any/name'));

    expect(failure.reason).toBe('configuration');
    expect(failure.message).toContain('/no/such/token');
  });

  it('names an auth path that does not exist', async () => {
    await tokenFile();

    const failure = await failureOf(read({ ...config, auth: { ...auth, path: 'no-such-auth' } }, 'any/name'));

    expect(failure.message).toContain('auth path');
  });
});

describe.each(fixtures)('credentials of Vault', (fixture) => {
  const { config, server, folder } = fixture;

  it('may be a token', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const { auth: made } = await server.api('POST', 'auth/token/create', { policies: ['reader'] });
    const token = made?.client_token ?? '';
    const credentials = await writeCredentials(join(folder, freshName()), { VAULT_TOKEN: token });

    const { value, remembered } = await pass({ ...config, auth: { method: 'token', credentials } }, name);

    expect(Buffer.from(fixture.unwrap(value.bytes)).toString()).toBe('value');
    expect(JSON.stringify(remembered)).not.toContain(token);
  });

  it('may be an AppRole that needs no secret id', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const auth = await fixture.appRole(['reader'], { bind_secret_id: false, token_bound_cidrs: ['127.0.0.0/8'] });

    const bytes = await read({ ...config, auth }, name);

    expect(Buffer.from(fixture.unwrap(bytes)).toString()).toBe('value');
  });

  it.each([
    [{}, 'configuration'],
    [{ VAULT_ROLE_ID: '' }, 'configuration'],
    [{ VAULT_ROLE_ID: 'wrong', VAULT_SECRET_ID: 'wrong' }, 'denied'],
  ])('say what is wrong with them: %j', async (keys, reason) => {
    const credentials = await writeCredentials(join(folder, freshName()), keys);
    const { auth } = config;

    const failure = await failureOf(read({ ...config, auth: { ...auth, credentials } as VaultAuth }, 'any/name'));

    expect(failure.reason).toBe(reason);
  });
});

describe.each(fixtures)('the login token', (fixture) => {
  const { server } = fixture;
  const start = Date.now();

  it('is shared by all reads of a pass, and kept for the next', async () => {
    const names = await Promise.all([1, 2, 3].map((i) => fixture.write(freshName(), Buffer.from(`${i}`))));
    const config = behindProxy(fixture, await fixture.appRole(['reader']));
    const store = await openStore(config, { now: Date.now });
    await Promise.all(names.map((name) => store.read({ name, params: {} }, AbortSignal.timeout(5000))));
    const remembered = store.remember?.() ?? {};
    store.close?.();

    await pass(config, names[0] ?? '', { remembered });

    expect(authCalls(fixture)).toEqual(['login']);
  });

  it('is renewed late in its life', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const config = behindProxy(fixture, await fixture.appRole(['reader'], { token_ttl: '1h', token_max_ttl: '10h' }));
    const first = await pass(config, name, { now: () => start });
    const early = await pass(config, name, { now: () => start + 30 * MINUTE, remembered: first.remembered });

    const late = await pass(config, name, { now: () => start + 45 * MINUTE, remembered: early.remembered });

    expect(authCalls(fixture)).toEqual(['login', 'renew-self']);
    expect(late.remembered).toMatchObject({ login: { issuedAt: start + 45 * MINUTE } });
  });

  it('is replaced where it cannot be renewed, or has expired', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const batch = behindProxy(fixture, await fixture.appRole(['reader'], { token_type: 'batch' }));
    const first = await pass(batch, name, { now: () => start });
    const late = await pass(batch, name, { now: () => start + 45 * MINUTE, remembered: first.remembered });

    await pass(batch, name, { now: () => start + 120 * MINUTE, remembered: late.remembered });

    expect(authCalls(fixture)).toEqual(['login', 'login', 'login']);
  });

  it('is replaced once it has really expired between two passes', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const config = behindProxy(fixture, await fixture.appRole(['reader'], { token_ttl: '1s' }));
    const { remembered } = await pass(config, name, { now: () => start });
    await new Promise((resolve) => setTimeout(resolve, 1500));

    const { value } = await pass(config, name, { now: () => start, remembered });

    expect(Buffer.from(fixture.unwrap(value.bytes)).toString()).toBe('value');
    expect(authCalls(fixture)).toEqual(['login', 'login', 'revoke-self']);
  });

  it('is replaced where somebody revoked it', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const config = behindProxy(fixture, await fixture.appRole(['reader']));
    const { remembered } = await pass(config, name);
    await server.api('POST', 'auth/token/revoke', remembered['login'] as { token: string });

    const { value } = await pass(config, name, { remembered });

    expect(Buffer.from(fixture.unwrap(value.bytes)).toString()).toBe('value');
  });

  it('does not pile up where a secret stays denied from pass to pass', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const config = behindProxy(fixture, await fixture.appRole([]));
    const before = await tokensAt(server);

    let remembered: Remembered = {};
    for (let i = 0; i < 3; i++) {
      const store = await openStore(config, { now: Date.now, remembered });
      await failureOf(store.read({ name, params: {} }, AbortSignal.timeout(5000)));
      remembered = store.remember?.() ?? {};
      store.close?.();
    }

    expect((await tokensAt(server)) - before).toBe(1);
  });

  it('is asked for once where Vault denies the secret, however often the agent comes', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const config = behindProxy(fixture, await fixture.appRole([]));
    const store = await openStore(config, { now: Date.now });

    for (let i = 0; i < 3; i++) await failureOf(store.read({ name, params: {} }, AbortSignal.timeout(5000)));

    store.close?.();
    expect(authCalls(fixture)).toEqual(['login']);
  });
});

describe.each(fixtures)('a request to Vault', (fixture) => {
  it('names the namespace at login and at each read', async () => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const config = behindProxy(fixture, await fixture.appRole(['reader']));

    await read({ ...config, namespace: 'team/a' }, name);

    const namespaces = fixture.proxy.seen.map(({ headers }) => headers['x-vault-namespace']);
    expect(new Set(namespaces)).toEqual(new Set(['team/a']));
  });

  it.each([
    [412, 'unreachable'],
    [473, 'malformed'],
    [405, 'configuration'],
  ])('that ends with %i is %s', async (status, reason) => {
    const name = await fixture.write(freshName(), Buffer.from('value'));
    const config = behindProxy(fixture, await fixture.appRole(['reader']));
    fixture.proxy.fail({ kind: 'answer', status, body: '{"errors":["canary"]}' }, { path: `/${fixture.v2}/data` });

    const failure = await failureOf(read(config, name));

    fixture.proxy.heal();
    expect(failure.reason).toBe(reason);
    expect(failure.message).not.toContain('canary');
  });

  it('waits for a sealed Vault', async () => {
    const sealed = { kind: 'answer', status: 503, body: '{"errors":["Vault is sealed"]}' } as const;
    const config = behindProxy(fixture, await fixture.appRole(['reader']));
    fixture.proxy.fail(sealed);

    const failure = await failureOf(read(config, `${fixture.v2}/any`));

    fixture.proxy.heal();
    expect(failure.reason).toBe('unreachable');
    expect(failure.message).toContain('sealed');
  });
});
