/** What Helm checks of the values before it renders: shapes here, the webhook's own configuration from its table. */
import type { Field } from '../webhook/config/schema.ts';
import { SCHEMA } from '../webhook/config/table.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const map: Schema = { type: 'object' };
const texts: Schema = { type: 'array', items: text };
const maps: Schema = { type: 'array', items: map };
const whole = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });
const closed = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
});

/** Set by the chart itself: a value here would be overwritten without a word. */
const CHART_SETS = new Set(['listen', 'agent.image', 'agent.imagePullPolicy', 'tls.source', 'tls.dir']);
const CHART_NAMES = new Set(['tls.namespace', 'tls.service', 'tls.secret', 'tls.webhookConfigurations']);

/** Groups are closed, so that a slip is told at once; what a field may hold is the webhook's to say at start. */
function ofField(field: Field<unknown>, path = ''): Schema {
  if (!field.members) return {};
  const members = Object.entries(field.members)
    .map(([key, member]) => ({ key, member, path: path === '' ? key : `${path}.${key}` }))
    .filter(({ path }) => !CHART_SETS.has(path) && !CHART_NAMES.has(path));
  return closed(Object.fromEntries(members.map(({ key, member, path }) => [key, ofField(member, path)])));
}

export const VALUES_SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  ...closed({
    global: map,
    images: closed({
      webhook: text,
      agent: text,
      pullPolicy: { enum: ['IfNotPresent', 'Always', 'Never'] },
      pullSecrets: texts,
    }),
    replicas: whole(1, 100),
    config: ofField(SCHEMA),
    excludedNamespaces: texts,
    namespaceExpressions: maps,
    timeoutSeconds: whole(1, 30),
    certificate: closed({
      source: { enum: ['self', 'mounted'] },
      secretName: text,
      injectCaFrom: text,
      caBundle: text,
      issuerRef: map,
    }),
    resources: map,
    priorityClassName: text,
    nodeSelector: map,
    tolerations: maps,
    podAnnotations: map,
    podLabels: map,
    preStopSeconds: whole(1, 60),
    terminationGracePeriodSeconds: whole(30, 600),
    networkPolicy: closed({ enabled: flag, admissionFrom: maps, metricsFrom: maps, apiServer: maps }),
    createNamespace: flag,
  }),
};
