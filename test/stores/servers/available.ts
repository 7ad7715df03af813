import { IS_CI } from './config.ts';

/**
 * The server of a test file, for `describe.each`. Where this machine cannot have it the list is empty, which is said
 * loudly; in CI that is an error.
 */
export async function available<Server>(what: string, start: () => Promise<Server>): Promise<Server[]> {
  try {
    return [await start()];
  } catch (error) {
    if (IS_CI) throw new Error(`${what} is needed in CI`, { cause: error });
    process.stderr.write(`\n*** ${what} cannot be started: its tests are SKIPPED ***\n${String(error)}\n\n`);
    return [];
  }
}
