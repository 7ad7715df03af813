import { afterAll, describe, expect, it } from 'vitest';
import { startVaultFixture } from './vault-fixture.ts';
import { storeContract } from './contract.ts';
import { remoteStoreContract } from './remote-contract.ts';
import { available } from './servers/available.ts';

const fixtures = await available('Vault', startVaultFixture);
afterAll(() => Promise.all(fixtures.map((fixture) => fixture.stop())));

it.skipIf(fixtures.length === 0)('has its server', () => expect(fixtures).toHaveLength(1));

describe.each(fixtures)('vault', (fixture) => {
  storeContract(fixture);
  remoteStoreContract(fixture);
});
