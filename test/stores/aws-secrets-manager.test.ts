import { afterAll, describe, expect, it } from 'vitest';
import { startAwsFixture } from './aws-fixture.ts';
import { storeContract } from './contract.ts';
import { remoteStoreContract } from './remote-contract.ts';
import { available } from './servers/available.ts';

const fixtures = await available('the AWS emulator', startAwsFixture);
afterAll(() => Promise.all(fixtures.map((fixture) => fixture.stop())));

it.skipIf(fixtures.length === 0)('has its server', () => expect(fixtures).toHaveLength(1));

describe.each(fixtures)('aws-secrets-manager', (fixture) => {
  storeContract(fixture);
  remoteStoreContract(fixture);
});
