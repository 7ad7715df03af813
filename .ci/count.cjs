// node count.cjs <vitest's JSON report> <vitest's exit code>: prints "<passed> <failed>". A skipped test counts as failed.
const { existsSync, readFileSync } = require('node:fs');

const [file, exitCode] = process.argv.slice(2);
process.stdout.write(`${(existsSync(file) ? counts() : [0, 1]).join(' ')}\n`);

function counts() {
  const { numPassedTests: passed, numTotalTests: total } = JSON.parse(readFileSync(file, 'utf8'));
  // A file that does not load, an error outside of any test, or no test at all.
  const broken = total === passed && (exitCode !== '0' || total === 0) ? 1 : 0;
  return [passed, total - passed + broken];
}
