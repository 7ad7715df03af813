/** Kubernetes objects from YAML or JSON, and back, read as kubectl does: YAML 1.1 without times of day and dates. */
import { parseAllDocuments, stringify, type Tags } from 'yaml';
import { UsageError } from '../verb.ts';

export type KubernetesObject = Readonly<Record<string, unknown>>;

const YAML = { version: '1.1', customTags: withoutTimes, merge: true } as const;

function withoutTimes(tags: Tags): Tags {
  return tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      !(tag.tag === 'tag:yaml.org,2002:timestamp' || ('format' in tag && tag.format === 'TIME')),
  );
}

/** Lists are taken apart. @throws UsageError */
export function readObjects(source: string, path: string): KubernetesObject[] {
  const documents = parseAllDocuments(source, YAML);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) throw new UsageError(`${path} is not YAML: ${error.message.split('\n', 1)[0]}`);
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : flatten(value, path);
  });
}

export function writeObjects(objects: readonly KubernetesObject[]): string {
  const options = { ...YAML, lineWidth: 0, aliasDuplicateObjects: false };
  return objects.map((object) => stringify(object, options)).join('---\n');
}

function flatten(value: unknown, path: string): KubernetesObject[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${path} holds something that is no Kubernetes object`);
  const object = value as Record<string, unknown>;
  const items = object['items'];
  const isList = typeof object['kind'] === 'string' && object['kind'].endsWith('List') && Array.isArray(items);
  return isList ? items.flatMap((item) => flatten(item, path)) : [object];
}
