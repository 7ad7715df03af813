import { mkdtempSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { staleFiles, writeFiles } from '../../docs/pages.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('the generated pages', () => {
  it('say what the definitions say', async () => {
    const stale = await staleFiles(ROOT);

    expect(stale.map(({ file }) => `${file}: run npm run docs`)).toEqual([]);
  });

  it('are found stale when anything in them differs', async () => {
    const root = mkdtempSync(join(tmpdir(), 'docs-'));
    writeFileSync(join(root, 'README.md'), '# Title\n\n<!-- annotations -->\nold\n<!-- /annotations -->\n\nrest\n');

    const before = await staleFiles(root);
    writeFiles(root, before);
    const after = await staleFiles(root);

    expect(before.map(({ file }) => file)).toContain('README.md');
    expect(after).toEqual([]);
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toMatch(/^# Title[^]*`file\.<filename>`[^]*\nrest\n$/);
  });

  it('leave a README without marks alone', async () => {
    const root = mkdtempSync(join(tmpdir(), 'docs-'));
    writeFileSync(join(root, 'README.md'), '# Title\n');

    const stale = await staleFiles(root);

    expect(stale.map(({ file }) => file)).not.toContain('README.md');
  });
});
