/** Each file of `pods` through admission, against `expected`. `vitest run test/golden -u` writes these anew. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readObjects, type KubernetesObject } from '../../cli/render/documents.ts';
import { decodeAgentConfig } from '../../contract/agent-config.ts';
import { CONFIG_VARIABLE } from '../../contract/layout.ts';
import { decide } from '../../webhook/admission/decide.ts';
import { readReview, type Decision } from '../../webhook/admission/review.ts';
import { parseConfig } from '../../webhook/config.ts';
import { reviewOf } from '../webhook/pods.ts';

const HERE = import.meta.dirname;
const CONFIG = parseConfig(readFileSync(join(HERE, 'config.yaml'), 'utf8'), {});

describe('golden Pods', () => {
  for (const file of readdirSync(join(HERE, 'pods')).sort())
    it(`${file} becomes what is written in expected`, async () => {
      const objects = readObjects(readFileSync(join(HERE, 'pods', file), 'utf8'), file);

      const decision = decide(readReview(reviewOf(ofKind(objects, 'Pod'))), worldOf(objects, file));

      await expect(readable(decision)).toMatchFileSnapshot(join(HERE, 'expected', file));
    });
});

/** `name.k8s-1.30.yaml` is for an API server of that version. */
function worldOf(objects: readonly KubernetesObject[], file: string) {
  const minor = Number(/\.k8s-1\.(\d+)\.yaml$/.exec(file)?.[1] ?? 35);
  return {
    config: CONFIG,
    version: { major: 1, minor },
    namespaceAnnotations: annotationsOf(ofKind(objects, 'Namespace')),
    serviceAccountAnnotations: annotationsOf(ofKind(objects, 'ServiceAccount')),
  };
}

function ofKind(objects: readonly KubernetesObject[], kind: string): KubernetesObject | undefined {
  return objects.find((object) => object['kind'] === kind);
}

function annotationsOf(object: KubernetesObject | undefined): Record<string, string> {
  return (object?.['metadata'] as { annotations?: Record<string, string> } | undefined)?.annotations ?? {};
}

/** The decision as YAML, with the message to the agent taken apart. */
function readable(decision: Decision): string {
  const open = JSON.parse(JSON.stringify(decision), (key, value: unknown) =>
    key === 'env' && Array.isArray(value) ? openMessage(value as { name: string; value: string }[]) : value,
  ) as unknown;
  return stringify(open, { lineWidth: 0, aliasDuplicateObjects: false });
}

function openMessage(env: readonly { name: string; value: string }[]): unknown {
  if (!env.some(({ name }) => name === CONFIG_VARIABLE)) return env;
  return { [CONFIG_VARIABLE]: decodeAgentConfig(Object.fromEntries(env.map(({ name, value }) => [name, value]))) };
}
