import { describe, expect, it } from 'vitest';
import { components } from '../../build/sbom.ts';

const LOCKED = {
  'node_modules/@scope/outer/node_modules/inner': { version: '2.0.0', integrity: 'sha512-qrs=', license: 'MIT' },
  'node_modules/plain': { version: '1.0.0' },
};

describe('the list of what is in a bundle', () => {
  it('names each package once, as the lock file pins it', () => {
    const inputs = ['agent/main.ts', 'node_modules/plain/a.js', 'node_modules/plain/lib/b.js'];
    const nested = 'node_modules/@scope/outer/node_modules/inner/index.js';
    expect(components([...inputs, nested], LOCKED)).toEqual([
      {
        type: 'library',
        name: 'inner',
        version: '2.0.0',
        purl: 'pkg:npm/inner@2.0.0',
        licenses: [{ license: { name: 'MIT' } }],
        hashes: [{ alg: 'SHA-512', content: 'aabb' }],
      },
      { type: 'library', name: 'plain', version: '1.0.0', purl: 'pkg:npm/plain@1.0.0' },
    ]);
  });

  it('refuses a package that the lock file does not know', () => {
    expect(() => components(['node_modules/strange/x.js'], LOCKED)).toThrow('node_modules/strange is bundled');
  });
});
