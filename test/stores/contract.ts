/** What every backend has to do, on its real server. A backend's own file brings the fixture. */
import { describe, expect, it } from 'vitest';
import type { StoreConfig } from '../../contract/agent-config.ts';
import { openStore } from '../../agent/stores/registry.ts';
import { CAPABILITIES } from './capabilities.ts';
import { failureOf, freshName, pass, read } from './reading.ts';

export interface Fixture {
  readonly config: StoreConfig;
  /** The same store as an identity without rights. */
  readonly stranger: StoreConfig;
  /** Makes a secret, or a new version of it. @returns the name as references have it. */
  write(name: string, value: Uint8Array): Promise<string>;
  /** The value that was written, out of what the store keeps. */
  unwrap(bytes: Uint8Array): Uint8Array;
  /** Takes the secret away, as far as the store lets its users do so. */
  remove(name: string): Promise<void>;
  /** Where `stage` can be used. */
  readonly previousStage?: string;
  /** A version that no secret has. */
  readonly absentVersion: string;
}

const SELECTORS = ['version', 'stage'] as const;

export function storeContract(fixture: Fixture): void {
  const { config } = fixture;
  const can = CAPABILITIES[config.backend];

  async function roundTrip(value: Uint8Array): Promise<Uint8Array> {
    const name = await fixture.write(freshName(), value);
    return fixture.unwrap(await read(config, name));
  }

  const values: [what: string, value: Buffer][] = [
    ['text', Buffer.from('s3cret')],
    ['every byte from 0 to 255', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    ['64 KiB', Buffer.alloc(65_536, 'k')],
    ['unicode', Buffer.from('päss✓🔑\u0000\u2028 line\nend ')],
  ];
  if (can.empty) values.push(['nothing at all', Buffer.alloc(0)]);

  describe('values', () => {
    it.each(values)('brings %s byte for byte', async (_what, value) => {
      expect(Buffer.from(await roundTrip(value))).toEqual(value);
    });

    it('brings fifty secrets at once', async () => {
      const names = await Promise.all(
        Array.from({ length: 50 }, (_, i) => fixture.write(freshName(), Buffer.from(`v${i}`))),
      );
      const store = await openStore(config, { now: Date.now });

      const values = await Promise.all(
        names.map((name) => store.read({ name, params: {} }, AbortSignal.timeout(20_000))),
      );
      store.close?.();

      const texts = values.map(({ bytes }) => Buffer.from(fixture.unwrap(bytes)).toString());
      expect(texts).toEqual(names.map((_, i) => `v${i}`));
    });

    it('brings the new value once it has changed between two passes', async () => {
      const base = freshName();
      const name = await fixture.write(base, Buffer.from('old'));
      const first = await pass(config, name);
      await fixture.write(base, Buffer.from('new'));

      const second = await pass(config, name, { remembered: first.remembered });

      expect(Buffer.from(fixture.unwrap(first.value.bytes)).toString()).toBe('old');
      expect(Buffer.from(fixture.unwrap(second.value.bytes)).toString()).toBe('new');
    });
  });

  describe('versions', () => {
    it.each(SELECTORS.filter((param) => can[param]))(
      'brings the value before the last one by its %s',
      async (param) => {
        const base = freshName();
        const name = await fixture.write(base, Buffer.from('old'));
        const { version = '' } = (await pass(config, name)).value;
        await fixture.write(base, Buffer.from('new'));
        const selector = { version, stage: fixture.previousStage ?? '' }[param];

        const bytes = await read(config, name, { params: { [param]: selector } });

        expect(Buffer.from(fixture.unwrap(bytes)).toString()).toBe('old');
      },
    );

    it.each(SELECTORS.filter((param) => !can[param]))('refuses %s, which it cannot honour', async (param) => {
      const name = await fixture.write(freshName(), Buffer.from('value'));

      const failure = await failureOf(read(config, name, { params: { [param]: '1' } }));

      expect(failure.reason).toBe('configuration');
      expect(failure.message).toContain(`"${param}"`);
    });

    it.each(SELECTORS.filter((param) => can[param]))('says that a %s is missing', async (param) => {
      const name = await fixture.write(freshName(), Buffer.from('value'));
      const absent = { version: fixture.absentVersion, stage: 'nowhere' }[param];

      const failure = await failureOf(read(config, name, { params: { [param]: absent } }));

      expect(failure.reason).toBe('missing');
    });
  });

  describe('refusals', () => {
    it('says that a secret is missing', async () => {
      const name = await fixture.write(freshName(), Buffer.from('value'));

      const failure = await failureOf(read(config, `${name}-not`));

      expect(failure.reason).toBe('missing');
    });

    it('says that a secret is gone', async () => {
      const base = freshName();
      const name = await fixture.write(base, Buffer.from('value'));
      await fixture.remove(base);

      const failure = await failureOf(read(config, name));

      expect(failure.reason).toBe(can.deleted);
    });

    it('says that it is denied, not that the secret is missing', async () => {
      const name = await fixture.write(freshName(), Buffer.from('value'));

      const failure = await failureOf(read(fixture.stranger, name));

      expect(failure.reason).toBe('denied');
    });
  });
}
