/** Every field of the configuration, with its default: the one table. */
import { quantity } from '../../contract/codecs/names.ts';
import { apiPath, audience, awsRegion, origin, roleName } from '../../contract/codecs/stores.ts';
import { coded, duration, flag, group, integer, list, oneOf, optional, record, text, type Read } from './schema.ts';

const DAY_MS = 86_400_000;

const dnsName = (fallback: string) => text(fallback, /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'a Kubernetes name');

/** An address that annotations may name. `ca`: certificates (PEM) to trust there instead of the public ones. */
const address = { url: text(), ca: optional(text()), development: flag(false) };

export const SCHEMA = group({
  logLevel: oneOf(['debug', 'info', 'warn', 'error'], 'info'),
  /** `host`: one address instead of all. */
  listen: group({ https: integer(8443, 0, 65_535), http: integer(8080, 0, 65_535), host: optional(text()) }),
  /** The end of a replica: it serves for at least `minimum`, then until `quiet` without a request, `maximum` at most. */
  drain: group({ minimum: duration(15_000), quiet: duration(5000), maximum: duration(40_000) }),
  tls: group({
    /** `self`: own CA, kept in a Secret; `mounted`: tls.crt and tls.key in `dir`, e.g. from cert-manager. */
    source: oneOf(['self', 'mounted'], 'self'),
    dir: text('/etc/secrets-inject/tls'),
    namespace: dnsName('secrets-inject'),
    service: dnsName('secrets-inject'),
    secret: dnsName('secrets-inject-tls'),
    webhookConfigurations: list(dnsName('secrets-inject'), ['secrets-inject']),
    /** In milliseconds, as is `caLifetime`. */
    leafLifetime: duration(30 * DAY_MS),
    caLifetime: duration(730 * DAY_MS),
  }),
  agent: group({
    image: text(),
    imagePullPolicy: oneOf(['IfNotPresent', 'Always', 'Never'], 'IfNotPresent'),
    /** Of /healthz, /readyz and /metrics in each Pod; 0: none. */
    port: integer(9465, 0, 65_535),
    /** Whether the names of secrets may be metric labels. */
    nameLabels: flag(true),
    logLevel: oneOf(['debug', 'info', 'warn', 'error'], 'info'),
    resources: group({
      cpuRequest: coded(quantity, '10m'),
      cpuLimit: coded(quantity, '500m'),
      memoryRequest: coded(quantity, '48Mi'),
      memoryLimit: coded(quantity, '128Mi'),
    }),
  }),
  /** Which backends Pods may use. */
  backends: list(oneOf(['vault', 'aws-secrets-manager', 'file']), ['vault', 'aws-secrets-manager']),
  vault: group({
    /** Where Pods go that name no address; absent: the only one of `addresses`. */
    address: optional(text()),
    addresses: list(
      group({
        ...address,
        namespace: optional(coded(apiPath('path', 'team/a'))),
        authMethod: optional(oneOf(['kubernetes', 'jwt', 'approle', 'token'])),
        authPath: optional(coded(apiPath('path', 'kubernetes'))),
        role: optional(coded(roleName)),
      }),
      [],
    ),
    /** Of the tokens that Pods show to Vault. */
    audience: coded(audience, 'vault'),
    /** Further ones that annotations may choose. */
    audiences: list(coded(audience), []),
  }),
  aws: group({
    region: optional(coded(awsRegion)),
    /** Other than the public one of the region; of `endpoints`. */
    endpoint: optional(text()),
    endpoints: list(group(address), []),
    stsEndpoint: optional(coded(origin)),
    audience: coded(audience, 'sts.amazonaws.com'),
  }),
  /** Folder inside the agent that `file:` references may read; absent: none. */
  file: group({ root: optional(text(undefined, /^\/[^\0]*[^\0/]$/, 'an absolute path')) }),
  tokens: group({
    /** Audiences of the API server itself: a token with one of them could be used against the cluster. */
    apiServerAudiences: list(text(), [
      'https://kubernetes.default.svc',
      'https://kubernetes.default.svc.cluster.local',
      'kubernetes',
      'api',
    ]),
    allowApiServerAudience: flag(false),
  }),
  /** Annotations, without their prefix, that hold where neither Pod nor Namespace says otherwise. */
  defaults: record(text()),
  /** Containers of other injectors that never get our files unless an annotation names them. */
  skipContainers: list(text(), ['istio-proxy', 'istio-init', 'istio-validation', 'linkerd-proxy', 'linkerd-init']),
  /** Whether Pods on the node's network may have secrets (then without listeners). */
  allowHostNetwork: flag(false),
});

export type WebhookConfig = Read<typeof SCHEMA>;
