import { describe, expect, it } from 'vitest';
import { denial, request } from './support.ts';

describe('the stores of a request', () => {
  it('are one per distinct backend and options', () => {
    const { stores, files } = request({
      'file.a': 'aws-secrets-manager:a?region=eu-west-1',
      'file.b': 'aws-secrets-manager:b?region=eu-west-1',
      'file.c': 'aws-secrets-manager:c?region=eu-west-2',
      'file.d': 'aws-secrets-manager:d',
    });

    expect(Object.values(stores).map(({ options }) => options)).toHaveLength(3);
    expect(stores['aws-secrets-manager']?.options).toEqual({});
    expect(files[0]?.value.store).toBe(files[1]?.value.store);
    expect(new Set(files.map(({ value }) => value.store))).toEqual(new Set(Object.keys(stores)));
  });

  it('are called as the backend where it has only one', () => {
    const { stores } = request({ 'file.a': 'aws-secrets-manager:a?region=eu-west-1' });

    expect(stores).toEqual({
      'aws-secrets-manager': {
        backend: 'aws-secrets-manager',
        options: { region: 'eu-west-1' },
        origin: 'secrets.inject/file.a',
      },
    });
  });

  it('take options from the reference, else the named store, else the annotation', () => {
    const { stores } = request({
      'vault.address': 'https://vault:8200/',
      'vault.role': 'weakest',
      'vault.namespace': 'a',
      'store.prod': 'vault?role=middle&namespace=b',
      'file.x': 'prod:secret/db?namespace=c',
    });

    expect(Object.values(stores)).toEqual([
      {
        backend: 'vault',
        options: { address: 'https://vault:8200', role: 'middle', namespace: 'c' },
        origin: 'secrets.inject/file.x',
      },
    ]);
  });

  it('keep the name that the Pod gave them', () => {
    const { stores, files } = request({ 'store.prod': 'aws-secrets-manager?region=eu-west-1', 'file.x': 'prod:db' });

    expect(stores).toEqual({
      prod: { backend: 'aws-secrets-manager', options: { region: 'eu-west-1' }, origin: 'secrets.inject/store.prod' },
    });
    expect(files[0]?.value.store).toBe('prod');
  });

  it('are one where two names mean the same', () => {
    const { stores } = request({
      'store.one': 'vault?role=a',
      'store.two': 'vault?role=a',
      'file.x': 'two:x',
      'file.y': 'one:y',
      'file.z': 'vault:z?role=a',
    });

    expect(Object.keys(stores)).toEqual(['one']);
  });

  it('never share an id with one that the Pod names', () => {
    const { stores, files } = request({
      'store.vault-2': 'vault?role=b',
      'file.a': 'vault:a?role=x',
      'file.b': 'vault:b?role=y',
      'file.c': 'vault-2:c',
    });

    expect(Object.keys(stores).sort()).toEqual(['vault', 'vault-2', 'vault-3']);
    expect(files[2]?.value.store).toBe('vault-2');
    expect(stores['vault-2']?.options).toEqual({ role: 'b' });
  });

  it('may be the default of the Pod', () => {
    const { files } = request({ backend: 'prod', 'store.prod': 'vault?role=a', 'file.x': 'secret/db' });

    expect(files[0]?.value.store).toBe('prod');
  });

  it('are only those that some output reads', () => {
    expect(request({ 'store.prod': 'vault?role=a', 'file.x': 'file:db' }).stores).not.toHaveProperty('prod');
  });

  it('say from which annotation their options come', () => {
    const { stores } = request({ 'vault.role': 'web', 'file.x': 'vault:db' });

    expect(stores['vault']?.origin).toBe('secrets.inject/vault.role');
  });
});

describe('a store definition', () => {
  it.each([
    ['prod', 'valt?role=a', 'nearest valid name: vault'],
    ['prod', 'vault?rol=a', '"rol" that vault cannot honour here; nearest valid name: role'],
    ['prod', 'vault?version=1', '"version" that vault cannot honour here'],
    ['prod', 'vault?role=a&role=b', '"role" twice'],
    ['prod', 'vault?role', 'without "="'],
    ['prod', 'vault:x', 'must start with a backend'],
    ['prod', 'file?role=a', '"role" that file cannot honour here'],
    ['prod', 'azure-key-vault?vault=a', 'azure-key-vault is not available yet'],
    ['vault', 'vault?role=a', 'is a backend: give the store another name'],
    ['arn', 'vault?role=a', 'must be a store id'],
    ['Prod', 'vault?role=a', 'must be a store id'],
    ['__proto__', 'vault?role=a', 'must be a store id'],
    ['', 'vault?role=a', 'must be a store id'],
  ])('store.%s: %s is refused', (id, text, reason) => {
    expect(denial({ [`store.${id}`]: text, 'file.x': 'vault:db' })).toContain(reason);
  });

  it('that is broken is told once, not once per reference', () => {
    const message = denial({ 'store.prod': 'vault?role=', 'file.x': 'prod:a', 'file.y': 'prod:b' });

    expect(message).toMatch(/^secrets\.inject\/store\.prod: /);
  });
});

describe('a reference in its Pod', () => {
  it.each([
    ['secret/db', 'names no store, and the Pod has no default'],
    ['vault:db?stage=x', '"stage" that vault cannot honour here'],
    ['vault:db?address=https://x', '"address" that vault cannot honour here'],
    ['vault:db?vesion=1', 'nearest valid name: version'],
    ['vault:db?version=0', 'a whole number from 1 up'],
    ['vault:db?encoding=hex', 'must be base64 or base64url'],
    ['vault:db?optional=yes', 'must be true or false'],
    ['vault:db?keys=a', '"keys" that vault cannot honour here'],
    ['vault:db?__proto__=a', '"__proto__" that vault cannot honour here'],
    ['vault:db?constructor=a', '"constructor" that vault cannot honour here'],
    ['vault:db?as=cert-pem', '"as" is not available yet'],
    ['vault:db?method=put', '"method" is not available yet'],
    ['vault:db?arg.name=x', '"arg.name" is not available yet'],
    ['vault:/secret/db', 'leave out the / at its start'],
    ['aws-secrets-manager:db?region=mars', 'a region'],
    ['aws-secrets-manager:db?endpoint=https://evil.example', '"endpoint" that aws-secrets-manager cannot honour here'],
    ['file:db?version=1', '"version" that file cannot honour here'],
    ['kubernetes:db?decrypt=aws-kms#a', 'kubernetes is not available yet'],
    ['gcp-secret-manager:db', 'gcp-secret-manager is not available yet'],
  ])('%s is refused', (text, reason) => {
    expect(denial({ 'file.x': text })).toContain(reason);
  });

  it('may name a secret of AWS by its ARN or with a leading slash', () => {
    const { files } = request({
      backend: 'aws-secrets-manager',
      'file.a': 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf#user',
      'file.b': 'aws-secrets-manager:/prod/db?stage=AWSPREVIOUS',
    });

    expect(files.map(({ value }) => value.name)).toEqual([
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf',
      '/prod/db',
    ]);
  });
});
