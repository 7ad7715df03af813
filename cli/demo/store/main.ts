/** The development store as a process of its own, in the Pod of `demo --cluster`. */
import { readFileSync } from 'node:fs';
import { createDevelopmentStore, type StoreOptions } from './server.ts';

const [file = '', port = '8200'] = process.argv.slice(2);
const server = createDevelopmentStore(JSON.parse(readFileSync(file, 'utf8')) as StoreOptions);
server.listen(Number(port), () => process.stdout.write(`development store on port ${port}\n`));
process.once('SIGTERM', () => process.exit(0));
