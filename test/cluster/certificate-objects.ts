/** What a webhook that keeps its own certificates has in a cluster: its rights, its Service and its configuration. */
import { NODE_ADDRESS } from './network.ts';

export const NAMESPACE = 'certificates';
export const SERVICE = 'hook';
export const SECRET = 'hook-tls';
export const CONFIGURATION = 'certificates-hook';

const metadata = { name: SERVICE, namespace: NAMESPACE };
const RBAC = 'rbac.authorization.k8s.io';
const subjects = [{ kind: 'ServiceAccount', ...metadata }];

/** Exactly the rights that the chart gives for this. */
export const rights = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata,
    rules: [
      { apiGroups: [''], resources: ['secrets'], resourceNames: [SECRET], verbs: ['get', 'watch', 'update'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    ],
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: RBAC, kind: 'Role', name: SERVICE },
    subjects,
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: CONFIGURATION },
    rules: [
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: ['mutatingwebhookconfigurations'],
        resourceNames: [CONFIGURATION],
        verbs: ['get', 'watch', 'patch'],
      },
    ],
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: CONFIGURATION },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: CONFIGURATION },
    subjects,
  },
];

/** Two entries, asked for ConfigMaps of our namespace; no bundle, as the chart renders it. */
export const configuration = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: CONFIGURATION },
  webhooks: ['first', 'second'].map((name) => ({
    name: `${name}.certificates.test`,
    clientConfig: { service: { ...metadata, path: '/mutate', port: 443 } },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
    objectSelector: { matchLabels: { hooked: 'yes' } },
    failurePolicy: 'Fail',
    sideEffects: 'None',
    timeoutSeconds: 5,
    admissionReviewVersions: ['v1'],
  })),
};

/** A Service whose one endpoint is a port of the node. */
export function serviceAt(port: number) {
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 443, targetPort: port }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': SERVICE } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [NODE_ADDRESS], conditions: { ready: true } }],
      ports: [{ port }],
    },
  ];
}
