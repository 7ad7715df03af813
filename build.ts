/** `npm run build [-- <room> …]`: what the images and the npm package hold, in `dist/`, and nothing else. */
import { rm } from 'node:fs/promises';
import { bundle } from './build/bundle.ts';
import { writeSbom } from './build/sbom.ts';

const ROOMS = ['webhook', 'agent', 'cli'];

const asked = process.argv.slice(2);
for (const room of asked.length === 0 ? ROOMS : asked) {
  const outdir = `dist/${room}`;
  await rm(outdir, { recursive: true, force: true });
  const inputs = await bundle({ entry: `${room}/main.ts`, outdir, executable: room === 'cli' });
  await writeSbom(`${outdir}/sbom.cdx.json`, room, inputs);
}
