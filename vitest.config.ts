import { defineConfig } from 'vitest/config';

/** `unit` needs nothing but Node; the others start real servers, images or a cluster. */
export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/*.test.ts', 'test/{contract,webhook,agent,certs,cli,golden}/**/*.test.ts'], 20_000),
      project('stores', ['test/stores/**/*.test.ts'], 60_000),
      project('artefact', ['test/artefact/**/*.test.ts'], 300_000),
      project('cluster', ['test/cluster/**/*.test.ts'], 300_000),
    ],
  },
});

function project(name: string, include: string[], testTimeout: number) {
  return { test: { name, include, testTimeout, hookTimeout: 600_000, fileParallelism: name === 'unit' } };
}
