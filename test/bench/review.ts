/** Reviews of 6.6 KB as an API server sends them: a Deployment's Pods, two containers, three annotations of ours. */

const probe = (path: string) => ({
  httpGet: { path, port: 8080, scheme: 'HTTP' },
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
});

const tokenMount = {
  name: 'kube-api-access-x7k2p',
  readOnly: true,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
};

const container = (name: string, port: number) => ({
  name,
  image: `registry.example.com/shop/${name}:2026.11.3`,
  ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
  env: [
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'DATABASE_HOST', value: 'db.shop.svc.cluster.local' },
    { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
    { name: 'OTEL_SERVICE_NAME', value: name },
    { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://collector.observability.svc.cluster.local:4317' },
    { name: 'CACHE_URL', valueFrom: { configMapKeyRef: { name: `${name}-settings`, key: 'cache-url' } } },
  ],
  resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
  volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }, { name: 'settings', mountPath: '/etc/settings' }, tokenMount],
  livenessProbe: probe('/healthz'),
  readinessProbe: probe('/readyz'),
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'IfNotPresent',
  securityContext: {
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    seccompProfile: { type: 'RuntimeDefault' },
  },
});

const tokenVolume = {
  name: 'kube-api-access-x7k2p',
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  },
};

/** What the controller manager is recorded to have set, as it is for every Pod. */
const fields = (names: readonly string[]) => Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
const containerFields = (name: string) => ({
  [`k:{"name":"${name}"}`]: {
    '.': {},
    ...fields(['image', 'imagePullPolicy', 'name', 'resources', 'securityContext', 'terminationMessagePath']),
    'f:env': {
      '.': {},
      'k:{"name":"LOG_LEVEL"}': fields(['name', 'value']),
      'k:{"name":"POD_NAME"}': fields(['name']),
    },
    'f:livenessProbe': { '.': {}, ...fields(['failureThreshold', 'periodSeconds', 'successThreshold']) },
    'f:volumeMounts': { '.': {}, 'k:{"mountPath":"/tmp"}': fields(['mountPath', 'name']) },
  },
});

const pod = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {
    generateName: 'web-6b8d9c7f5d-',
    namespace: 'shop',
    creationTimestamp: null,
    labels: { app: 'web', 'pod-template-hash': '6b8d9c7f5d' },
    annotations: {
      'secrets.inject/file.db-password': 'vault:secret/data/shop/db#password',
      'secrets.inject/file.api-key': 'vault:secret/data/shop/api#key',
      'secrets.inject/refresh-interval': '1m',
    },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'web-6b8d9c7f5d',
        uid: 'c0a4dfc5-5e9d-4b6e-9f0f-5f6b3f9a1d11',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    managedFields: [
      {
        manager: 'kube-controller-manager',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-11-03T10:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:containers': { ...containerFields('web'), ...containerFields('cache') } } },
      },
    ],
  },
  spec: {
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'settings', configMap: { name: 'web-settings', defaultMode: 420 } },
      tokenVolume,
    ],
    containers: [container('web', 8080), container('cache', 6379)],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    serviceAccount: 'default',
    securityContext: { runAsUser: 1000, fsGroup: 1000 },
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  },
  status: {},
};

const podKind = { group: '', version: 'v1', kind: 'Pod' };
const podResource = { group: '', version: 'v1', resource: 'pods' };

const review = JSON.stringify({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  request: {
    uid: '0df28fbd-5f5f-11e8-bc74-36e6bb280816',
    kind: podKind,
    resource: podResource,
    requestKind: podKind,
    requestResource: podResource,
    namespace: 'shop',
    operation: 'CREATE',
    userInfo: {
      username: 'system:serviceaccount:kube-system:replicaset-controller',
      uid: 'b2d3a5f0-1d7a-4e2a-8a54-6f8c7c1f0a22',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
    },
    object: pod,
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
  },
});

/**
 * @param template which Deployment: its Pods have their own image and secret
 * @param pod which of its Pods: they differ in the review's uid, the name of the token volume and the time of creation
 */
export function reviewOf(template: number, pod: number): string {
  return review
    .replace('0df28fbd-5f5f', `${hex(template, 8)}-${hex(pod, 4)}`)
    .replaceAll('kube-api-access-x7k2p', `kube-api-access-${hex(pod, 5)}`)
    .replace('10:00:00Z', `10:00:${String(pod % 60).padStart(2, '0')}Z`)
    .replaceAll('2026.11.3', `2026.11.${template}`)
    .replace('shop/db#password', `shop/db${template}#password`);
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0');
}
