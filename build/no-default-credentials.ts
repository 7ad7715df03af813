/**
 * Stands in the bundles for the AWS SDK's chain of default credentials. An identity is fixed at admission; code that
 * would look for another one in profiles, programs or metadata is not even there.
 */
export function defaultProvider(): never {
  throw new Error('there are no default credentials: an identity is named at admission');
}
