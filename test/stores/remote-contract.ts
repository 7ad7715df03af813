/** What every backend that is reached over a network has to do when the network or the server fails. */
import { describe, expect, it } from 'vitest';
import type { StoreConfig } from '../../contract/agent-config.ts';
import { openStore } from '../../agent/stores/registry.ts';
import type { SecretValue, Store } from '../../agent/stores/store.ts';
import { failureOf, freshName, pass, read } from './reading.ts';
import type { Fixture } from './contract.ts';
import type { Fault, FaultyProxy } from './servers/faults.ts';

export interface RemoteFixture extends Fixture {
  readonly proxy: FaultyProxy;
  readonly tlsProxy: FaultyProxy;
  readonly caPem: string;
  readonly otherCaPem: string;
  /** The same store at another address. */
  readonly at: (address: string, options?: { readonly caPem?: string; readonly allowLoopback?: true }) => StoreConfig;
}

function attempt(store: Store, name: string, ms = 5000): Promise<SecretValue> {
  return store.read({ name, params: {} }, AbortSignal.timeout(ms));
}

export function remoteStoreContract(fixture: RemoteFixture): void {
  const { proxy, tlsProxy, at } = fixture;
  const viaProxy = at(proxy.address, { allowLoopback: true });
  const write = () => fixture.write(freshName(), Buffer.from('value'));

  /** Work with the network healed before and after. */
  async function underFault<T>(
    fault: Fault,
    times: number,
    work: (store: Store, name: string) => Promise<T>,
  ): Promise<T> {
    const name = await write();
    const store = await openStore(viaProxy, { now: Date.now });
    proxy.heal();
    proxy.fail(fault, { times });
    return work(store, name).finally(() => {
      proxy.heal();
      store.close?.();
    });
  }

  describe('faults', () => {
    it.each([500, 502, 503, 504])('can try again after %i', async (status) => {
      const fault: Fault = { kind: 'answer', status, body: '<html>no</html>' };

      const failure = await underFault(fault, 9, (store, name) => failureOf(attempt(store, name)));

      expect(failure.reason).toBe('unreachable');
      expect(failure.message).toContain(String(status));
    });

    it('says when to come again where it is throttled, and then works', async () => {
      const fault: Fault = { kind: 'answer', status: 429, headers: { 'retry-after': '7' } };

      const [failure, value] = await underFault(fault, 1, async (store, name) => [
        await failureOf(attempt(store, name)),
        await attempt(store, name),
      ]);

      expect([failure.reason, failure.retryAfterMs]).toEqual(['throttled', 7000]);
      expect(Buffer.from(fixture.unwrap(value.bytes)).toString()).toBe('value');
    });

    it.each<Fault>([{ kind: 'slow', ms: 3000 }, { kind: 'stall' }])('ends with its deadline: $kind', async (fault) => {
      const start = performance.now();

      const failure = await underFault(fault, 9, (store, name) => failureOf(attempt(store, name, 300)));

      expect(failure.reason).toBe('unreachable');
      expect(failure.message).toContain('in time');
      expect(performance.now() - start).toBeLessThan(2000);
    });

    it('takes no half answer for a value', async () => {
      const failure = await underFault({ kind: 'cut' }, 9, (store, name) => failureOf(attempt(store, name)));

      expect(failure.reason).toBe('unreachable');
    });

    it('takes no answer without end into memory', async () => {
      const failure = await underFault({ kind: 'endless' }, 9, (store, name) => failureOf(attempt(store, name)));

      expect(failure.reason).toBe('malformed');
      expect(failure.message).toContain('8 MiB');
    });

    it('says that an answer is not of this store', async () => {
      const fault: Fault = { kind: 'answer', status: 200, body: '<html>hello secret-canary</html>' };

      const failure = await underFault(fault, 9, (store, name) => failureOf(attempt(store, name)));

      expect(failure.reason).toBe('malformed');
      expect(failure.message).not.toContain('canary');
    });

    it.each([301, 302, 307, 308])('follows no redirect (%i)', async (status) => {
      const name = await write();
      tlsProxy.heal();
      proxy.heal();
      proxy.fail({ kind: 'answer', status, headers: { location: `${tlsProxy.address}/collect` } });

      const failure = await failureOf(read(viaProxy, name));

      proxy.heal();
      expect(failure.message).toContain('redirect');
      expect(tlsProxy.seen).toEqual([]);
    });

    it('says that nobody listens', async () => {
      const name = await write();

      const failure = await failureOf(read(at('http://127.0.0.1:1', { allowLoopback: true }), name));

      expect(failure.reason).toBe('unreachable');
      expect(failure.message).toContain('refused');
    });
  });

  describe('TLS', () => {
    it('trusts the CA that it is given', async () => {
      const name = await write();

      const bytes = await read(at(tlsProxy.address, { caPem: fixture.caPem, allowLoopback: true }), name);

      expect(Buffer.from(fixture.unwrap(bytes)).toString()).toBe('value');
    });

    it('says that there is no TLS where it was told to find some', async () => {
      const address = proxy.address.replace('http:', 'https:');

      const failure = await failureOf(read(at(address, { allowLoopback: true }), 'any/name'));

      expect(failure.reason).toBe('unreachable');
      expect(failure.message).toContain('does not speak TLS');
    });

    it.each(['another CA', 'only the public ones'])('sends nothing where it trusts %s', async (which) => {
      const name = await write();
      tlsProxy.heal();
      const trust = which === 'another CA' ? { caPem: fixture.otherCaPem } : {};

      const failure = await failureOf(read(at(tlsProxy.address, { ...trust, allowLoopback: true }), name));

      expect(failure.reason).toBe('unreachable');
      expect(failure.message).toContain('CA bundle');
      expect(tlsProxy.seen).toEqual([]);
    });
  });

  describe('addresses', () => {
    it.each([
      'http://169.254.169.254',
      'http://[fd00:ec2::254]',
      'http://[::ffff:169.254.169.254]',
      'http://0xa9fea9fe',
      'http://127.0.0.1:9',
      'http://[::1]:9',
    ])('never goes to %s', async (address) => {
      const failure = await failureOf(read(at(address), 'any/name'));

      expect(failure.reason).toBe('configuration');
      expect(failure.message).toContain('nothing was sent');
    });

    it.each(['http://169.254.169.254', 'http://[fd00:ec2::254]', 'http://168.63.129.16'])(
      'goes to loopback in development, but not to %s',
      async (address) => {
        const failure = await failureOf(read(at(address, { allowLoopback: true }), 'any/name'));

        expect(failure.message).toContain('nothing was sent');
      },
    );

    it('never goes to a name that resolves to such an address', async () => {
      proxy.heal();

      const failure = await failureOf(read(at(proxy.address.replace('127.0.0.1', 'localhost')), 'any/name'));

      expect(failure.reason).toBe('configuration');
      expect(proxy.seen).toEqual([]);
    });
  });

  describe('memory', () => {
    it('takes what it remembers for granted only where it has the right shape', async () => {
      const name = await write();
      const nonsense = { login: 7, mounts: { a: [] }, credentials: ['x'] };

      const { value } = await pass(fixture.config, name, { remembered: nonsense });

      expect(Buffer.from(fixture.unwrap(value.bytes)).toString()).toBe('value');
    });
  });
}
