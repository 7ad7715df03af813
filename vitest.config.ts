import { defineConfig } from 'vitest/config';

/** `unit` needs nothing but Node; the others start real servers, images or a cluster. */
export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/*.test.ts', 'test/{contract,webhook,agent,certs,cli,golden}/**/*.test.ts'], 60_000),
      project('stores', ['test/stores/**/*.test.ts'], 60_000),
      project('artefact', ['test/artefact/**/*.test.ts'], 300_000),
      project('cluster', ['test/cluster/**/*.test.ts'], 300_000, ['test/cluster/setup.ts']),
    ],
  },
});

/** Waits end as soon as what they wait for is there, so they are long enough for a busy machine. */
function project(name: string, include: string[], testTimeout: number, globalSetup: string[] = []) {
  const expect = { poll: { timeout: 15_000 } };
  const fileParallelism = name === 'unit';
  return { test: { name, include, globalSetup, testTimeout, hookTimeout: 600_000, expect, fileParallelism } };
}
