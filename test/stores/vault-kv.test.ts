import NodeVault from 'node-vault';
import { afterAll, describe, expect, it } from 'vitest';
import type { VaultStore } from '../../contract/agent-config.ts';
import { failureOf, freshName, pass, read } from './reading.ts';
import { available } from './servers/available.ts';
import { startVaultFixture, type VaultFixture } from './vault-fixture.ts';

const fixtures = await available('Vault', startVaultFixture);
afterAll(() => Promise.all(fixtures.map((fixture) => fixture.stop())));

it.skipIf(fixtures.length === 0)('has its server', () => expect(fixtures).toHaveLength(1));

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** The store as somebody with this policy. */
async function storeWith({ server, config, appRole }: VaultFixture, policy: string): Promise<VaultStore> {
  const name = freshName();
  await server.api('PUT', `sys/policies/acl/${name}`, { policy });
  return { ...config, auth: await appRole([name]) };
}

describe.each(fixtures)('paths of Vault', (fixture) => {
  const { config, server, v1, v2 } = fixture;
  const { api } = server;

  it('finds out which KV version a mount has', async () => {
    await api('POST', `${v1}/app/db`, { user: 'one' });
    await api('POST', `${v2}/data/app/db`, { data: { user: 'two' } });

    const values = await Promise.all([read(config, `${v1}/app/db`), read(config, `${v2}/app/db`)]);

    expect(values.map(text)).toEqual(['{"user":"one"}', '{"user":"two"}']);
  });

  it('does not double data/ of a full API path', async () => {
    await api('POST', `${v2}/data/app/full`, { data: { user: 'two' } });

    expect(text(await read(config, `${v2}/data/app/full`))).toBe('{"user":"two"}');
  });

  it('reads data/ of KV version 1 as the part of a name that it is there', async () => {
    await api('POST', `${v1}/data/app`, { user: 'one' });

    expect(text(await read(config, `${v1}/data/app`))).toBe('{"user":"one"}');
  });

  it('finds the mount of a path by itself where mounts lie in each other', async () => {
    await api('POST', `sys/mounts/${v1}-team/kv`, { type: 'kv', options: { version: '2' } });
    await api('POST', `${v1}-team/kv/config`, { max_versions: 3 });
    await api('POST', `${v1}-team/kv/data/app`, { data: { user: 'deep' } });
    const reader = await storeWith(fixture, `path "${v1}-team/kv/data/*" { capabilities = ["read"] }`);

    expect(text(await read(reader, `${v1}-team/kv/app`))).toBe('{"user":"deep"}');
  });

  it.each(['with space', 'ünï/✓', 'per%cent', 'que?ry', 'ha#sh', 'plus+', 'a;b&c=d'])(
    'reads a secret named %s',
    async (name) => {
      await api('POST', `${v2}/data/${name.split('/').map(encodeURIComponent).join('/')}`, { data: { name } });

      expect(JSON.parse(text(await read(config, `${v2}/${name}`)))).toEqual({ name });
    },
  );

  it.each(['.', '..', ''])('refuses the segment "%s", which another path might hide behind', async (segment) => {
    const failure = await failureOf(read(config, `${v2}/a/${segment}/b`));

    expect(failure.reason).toBe('configuration');
  });

  const NUMBERS = '{"id":9007199254740993,"deep":{"list":[12345678901234567890,1.10,null,true]},"__proto__":{"x":1}}';

  it('keeps all digits of numbers, nested values and odd keys', async () => {
    await fixture.postRaw(`${v1}/digits`, NUMBERS);

    expect(text(await read(config, `${v1}/digits`))).toContain('9007199254740993');
  });

  it('keeps what KV version 2 answers, which itself counts in floating point', async () => {
    const name = await fixture.write('digits', Buffer.from('value'));
    fixture.proxy.heal();
    const body = `{"data":{"data":${NUMBERS},"metadata":{"version":7}}}`;
    fixture.proxy.fail({ kind: 'answer', status: 200, body }, { path: `/${v2}/data` });

    const { value } = await pass(fixture.at(fixture.proxy.address, { allowLoopback: true }), name);

    fixture.proxy.heal();
    expect([text(value.bytes), value.version]).toEqual([NUMBERS, '7']);
  });

  it('asks about a mount once for many secrets, and not at all in the next pass', async () => {
    const { proxy, at } = fixture;
    const names = await Promise.all(['a', 'b', 'c'].map((name) => fixture.write(`many-${name}`, Buffer.from(name))));
    const viaProxy = at(proxy.address, { allowLoopback: true });
    proxy.heal();

    const remembered = await names.reduce(
      async (before, name) => (await pass(viaProxy, name, { remembered: await before })).remembered,
      Promise.resolve({}),
    );

    const paths = proxy.seen.map(({ path }) => path.split('/')[2]);
    expect(remembered).toMatchObject({ mounts: [{ path: `${v2}/`, kv: 2 }] });
    expect(paths).toEqual(['auth', 'sys', v2, v2, v2]);
  });
});

describe.each(fixtures)('what Vault keeps', (fixture) => {
  const { config, server, v1, v2 } = fixture;
  const { api } = server;

  it('reads what node-vault writes, and the other way round', async () => {
    const client = NodeVault({ endpoint: server.address, token: server.rootToken });
    await client.write(`${v2}/data/opinion`, { data: { password: 'pä$$' } });

    const ours = text(await read(config, `${v2}/opinion`));

    const theirs = (await client.read(`${v2}/data/opinion`)) as { data: { data: unknown } };
    expect(JSON.parse(ours)).toEqual(theirs.data.data);
  });

  it('says that a version is deleted, or destroyed', async () => {
    for (const password of ['one', 'two', 'three']) await api('POST', `${v2}/data/versions`, { data: { password } });
    await api('POST', `${v2}/delete/versions`, { versions: [1] });
    await api('POST', `${v2}/destroy/versions`, { versions: [2] });

    const failures = await Promise.all(
      ['1', '2'].map((version) => failureOf(read(config, `${v2}/versions`, { params: { version } }))),
    );

    expect(failures.map(({ reason }) => reason)).toEqual(['missing', 'missing']);
    expect(failures.map(({ message }) => message.includes('deleted or destroyed'))).toEqual([true, true]);
    expect(text(await read(config, `${v2}/versions`))).toBe('{"password":"three"}');
  });

  it.each(['0', '-1', 'latest', '1.5', '1e1'])('refuses %s for a version', async (version) => {
    const failure = await failureOf(read(config, `${v2}/versions`, { params: { version } }));

    expect(failure.reason).toBe('configuration');
  });

  it('refuses a version of KV version 1, which keeps none', async () => {
    await api('POST', `${v1}/plain`, { user: 'one' });

    const failure = await failureOf(read(config, `${v1}/plain`, { params: { version: '1' } }));

    expect(failure.reason).toBe('configuration');
  });

  it('refuses engines that hand out a new secret at each read', async () => {
    await api('POST', `sys/mounts/${v1}-transit`, { type: 'transit' });
    const reader = await storeWith(fixture, `path "${v1}-transit/*" { capabilities = ["read"] }`);

    const failure = await failureOf(read(reader, `${v1}-transit/keys/a`));

    expect(failure.reason).toBe('configuration');
    expect(failure.message).toContain('not available yet');
  });

  it('notices that a mount was replaced by one of the other KV version', async () => {
    const mount = freshName();
    await api('POST', `sys/mounts/${mount}`, { type: 'kv', options: { version: '1' } });
    await api('POST', `${mount}/app`, { user: 'one' });
    const reader = await storeWith(fixture, `path "${mount}/*" { capabilities = ["read"] }`);
    const { remembered } = await pass(reader, `${mount}/app`);
    await api('DELETE', `sys/mounts/${mount}`);
    await api('POST', `sys/mounts/${mount}`, { type: 'kv', options: { version: '2' } });
    await api('POST', `${mount}/config`, { max_versions: 3 });
    await api('POST', `${mount}/data/app`, { data: { user: 'two' } });

    const { value } = await pass(reader, `${mount}/app`, { remembered });

    expect(text(value.bytes)).toBe('{"user":"two"}');
  });
});

describe.each(fixtures)('a Vault that does not tell about mounts', (fixture) => {
  const { proxy, at, server, v1, v2 } = fixture;
  const blind = at(proxy.address, { allowLoopback: true });

  it.each([403, 404])('is read all the same (%i)', async (status) => {
    await server.api('POST', `${v1}/blind`, { user: 'one' });
    await server.api('POST', `${v2}/data/blind`, { data: { user: 'two' } });
    proxy.heal();
    proxy.fail({ kind: 'answer', status }, { path: '/sys/internal/' });

    const names = [`${v1}/blind`, `${v2}/blind`, `${v2}/data/blind`];
    const values = await Promise.all(names.map((name) => read(blind, name)));
    const failure = await failureOf(read(blind, `${v2}/absent`));

    proxy.heal();
    expect(values.map(text)).toEqual(['{"user":"one"}', '{"user":"two"}', '{"user":"two"}']);
    expect(failure.reason).toBe('denied');
  });
});
