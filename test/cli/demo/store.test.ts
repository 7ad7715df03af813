import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClusterIdentity } from '../../../cli/demo/cluster-identity.ts';
import { createDevelopmentStore } from '../../../cli/demo/store/server.ts';

const identity = createClusterIdentity();
const server = createDevelopmentStore({
  keys: identity.keys,
  audience: 'vault',
  roles: { web: 'system:serviceaccount:shop:web' },
  rootToken: 'root',
  secrets: { 'secret/db': { password: 'one' } },
});
let address = '';

beforeEach(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});

afterEach(async () => {
  server.closeAllConnections();
  await once(server.close(), 'close');
});

async function logIn(jwt: string, role = 'web'): Promise<{ status: number; token: string }> {
  const answer = await fetch(`${address}/auth/kubernetes/login`, {
    method: 'POST',
    body: JSON.stringify({ role, jwt }),
  });
  const { auth } = (await answer.json()) as { auth?: { client_token: string } };
  return { status: answer.status, token: auth?.client_token ?? '' };
}

function write(token: string): Promise<Response> {
  const body = JSON.stringify({ data: { password: 'two' } });
  return fetch(`${address}/secret/data/db`, { method: 'POST', headers: { 'x-vault-token': token }, body });
}

async function read(token: string, path = 'secret/data/db') {
  const answer = await fetch(`${address}/${path}`, { headers: { 'x-vault-token': token } });
  return { status: answer.status, body: await answer.json() };
}

describe('the development store', () => {
  it('gives a secret to the ServiceAccount of the role', async () => {
    const { token } = await logIn(identity.token('shop', 'web', 'vault'));

    const { status, body } = await read(token);

    expect(status).toBe(200);
    expect(body).toMatchObject({ data: { data: { password: 'one' }, metadata: { version: 1 } } });
  });

  it.each([
    ['another ServiceAccount', () => identity.token('shop', 'other', 'vault'), 'web'],
    ['another Namespace', () => identity.token('other', 'web', 'vault'), 'web'],
    ['another audience', () => identity.token('shop', 'web', 'https://kubernetes.default.svc'), 'web'],
    ['another signature', () => createClusterIdentity().token('shop', 'web', 'vault'), 'web'],
    ['no token at all', () => 'nonsense', 'web'],
    ['a role that does not exist', () => identity.token('shop', 'web', 'vault'), 'toString'],
  ])('refuses %s', async (_who, jwt, role) => {
    expect((await logIn(jwt(), role)).status).toBe(403);
  });

  it('tells a secret that does not exist from one that may not be read', async () => {
    const { token } = await logIn(identity.token('shop', 'web', 'vault'));

    expect((await read(token, 'secret/data/none')).status).toBe(404);
    expect((await read('guessed')).status).toBe(403);
  });

  it('lets nobody but its owner write', async () => {
    const { token } = await logIn(identity.token('shop', 'web', 'vault'));

    expect((await write(token)).status).toBe(403);
    expect((await read(token)).body).toMatchObject({ data: { data: { password: 'one' } } });
    expect((await write('root')).status).toBe(200);
    expect((await read(token)).body).toMatchObject({ data: { data: { password: 'two' }, metadata: { version: 2 } } });
  });
});
