/** `npm run bench [-- <name> …]`: ratios measured in one run, against a yardstick beside it. Fails where a goal is missed. */
import { benchAgent } from './agent.ts';
import { benchWebhook } from './webhook.ts';

const BENCHES: Readonly<Record<string, () => Promise<boolean>>> = { webhook: benchWebhook, agent: benchAgent };

const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(BENCHES);
const missed: string[] = [];
for (const name of names) {
  const bench = BENCHES[name];
  if (!bench) throw new Error(`there is no bench ${name}: there are ${Object.keys(BENCHES).join(', ')}`);
  if (!(await bench())) missed.push(name);
}
if (missed.length > 0) {
  process.stderr.write(`goals missed: ${missed.join(', ')}\n`);
  process.exitCode = 1;
}
