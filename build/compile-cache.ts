/**
 * Fills an image's compile cache: `node compile-cache.ts <folder of the bundle> <uid>`. Node keeps one cache per uid,
 * keyed by path, so this runs as the image's user, with the bundle where the image has it.
 */
import { chownSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { join } from 'node:path';

const [folder = '', uid = ''] = process.argv.slice(2);
const cache = join(folder, 'cache');

mkdirSync(cache);
chownSync(cache, Number(uid), Number(uid));
process.setgid?.(Number(uid));
process.setuid?.(Number(uid));
enableCompileCache(cache);

// The program itself has nothing to do here and soon ends, complaining; what it has loaded by then is in the cache.
process.on('exit', () => (process.exitCode = 0));
setTimeout(() => process.exit(), 5000).unref();

const require = createRequire(join(folder, 'main.cjs'));
const chunks = readdirSync(folder).filter((file) => file.endsWith('.cjs') && file !== 'main.cjs');
for (const file of [...chunks, 'main.cjs']) require(join(folder, file));
