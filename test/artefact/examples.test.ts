import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { injectObject } from '../../cli/render/inject.ts';
import { readObjects } from '../../cli/render/documents.ts';
import { parseConfig } from '../../webhook/config.ts';

const folder = join(import.meta.dirname, '../../deploy/examples');
const around = objects('namespace');
const config = parseConfig('agent: { image: agent }\nvault: { addresses: [{ url: "https://vault.vault:8200" }] }', {});

function objects(name: string) {
  return readObjects(readFileSync(join(folder, `${name}.yaml`), 'utf8'), name);
}

describe.each(['deployment', 'statefulset', 'job', 'cronjob', 'pod'])('the example %s.yaml', (name) => {
  const surroundings = { config, version: { major: 1, minor: 35 }, namespace: 'default', around };
  const results = objects(name).map((object) => injectObject(object, surroundings));

  it('is admitted without a warning, and gets the agent', () => {
    expect(results.flatMap(({ denials, warnings }) => [...denials, ...warnings])).toEqual([]);
    expect(JSON.stringify(results)).toContain('"secrets.inject/status":"injected"');
  });

  it('lives in the namespace of the examples, which enforces "restricted"', () => {
    const namespaces = results.map(({ object }) => (object['metadata'] as { namespace?: string }).namespace);

    expect(around[0]).toMatchObject({
      metadata: { name: namespaces[0], labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    expect(new Set(namespaces).size).toBe(1);
  });
});
