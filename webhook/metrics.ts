/** The metrics of the webhook: the one table, and the registry made from it. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Besides these, the usual `process_*` and `nodejs_*` metrics are given. */
export const METRICS = {
  admissionDuration: {
    name: 'secrets_inject_admission_duration_seconds',
    type: 'histogram',
    help: 'From the head of an admission request to its answer, by outcome: injected, skipped, denied, failed',
    labels: ['outcome'],
  },
  requestsRefused: {
    name: 'secrets_inject_requests_refused_total',
    type: 'counter',
    help: 'Requests that were answered without looking at a Pod, by HTTP status (503: overload, watch this one)',
    labels: ['status'],
  },
  tlsErrors: {
    name: 'secrets_inject_tls_client_errors_total',
    type: 'counter',
    help: 'Handshakes that failed, by code; ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: a client does not trust the certificate',
    labels: ['code'],
  },
  certificateNotAfter: {
    name: 'secrets_inject_certificate_not_after_timestamp_seconds',
    type: 'gauge',
    help: 'End of the certificate (leaf, authority) in Unix time',
    labels: ['certificate'],
  },
  certificateLastSuccess: {
    name: 'secrets_inject_certificate_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificates were last found, or made, right, in Unix time',
    labels: [],
  },
  bundleTrustsCertificate: {
    name: 'secrets_inject_bundle_contains_served_authority',
    type: 'gauge',
    help: '1 where every entry of the webhook configuration trusts the certificate that is served, else 0',
    labels: [],
  },
  bundlesRestored: {
    name: 'secrets_inject_bundles_restored_total',
    type: 'counter',
    help: 'How often a published CA bundle was found changed by somebody else and restored',
    labels: [],
  },
  eventLoopLag: {
    name: 'secrets_inject_event_loop_lag_seconds',
    type: 'gauge',
    help: 'How late the last timer came: the time that requests queue for',
    labels: [],
  },
  clusterObjects: {
    name: 'secrets_inject_cluster_objects',
    type: 'gauge',
    help: 'Objects known from the watch, by kind',
    labels: ['kind'],
  },
  clusterConnected: {
    name: 'secrets_inject_cluster_connected',
    type: 'gauge',
    help: '1 while the watch of this kind is connected, else 0: then what was last known is used',
    labels: ['kind'],
  },
  clusterLiveReads: {
    name: 'secrets_inject_cluster_live_reads_total',
    type: 'counter',
    help: 'Objects that an admission had to ask the API server for, by kind and result (found, missing, failed)',
    labels: ['kind', 'result'],
  },
} as const satisfies Record<string, MetricDefinition>;

type MetricName = keyof typeof METRICS;
type LabelOf<N extends MetricName> = (typeof METRICS)[N]['labels'][number];

/** Seconds; the answer of one admission is a matter of single milliseconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Metrics = ReturnType<typeof createMetrics>;

/** All of `METRICS`, each under its key, and the text that is scraped. */
export function createMetrics() {
  const registry = new Registry();
  const make = <N extends MetricName>(name: N) => ({
    name: METRICS[name].name,
    help: METRICS[name].help,
    labelNames: [...METRICS[name].labels] as LabelOf<N>[],
    registers: [registry],
  });
  collectDefaultMetrics({ register: registry });
  // Without a value until it has one: 0 would be an alarm.
  const unset = <N extends MetricName>(name: N) => {
    const gauge = new Gauge(make(name));
    gauge.remove();
    return gauge;
  };
  return {
    admissionDuration: new Histogram({ ...make('admissionDuration'), buckets: BUCKETS }),
    requestsRefused: new Counter(make('requestsRefused')),
    tlsErrors: new Counter(make('tlsErrors')),
    certificateNotAfter: new Gauge(make('certificateNotAfter')),
    certificateLastSuccess: unset('certificateLastSuccess'),
    bundleTrustsCertificate: unset('bundleTrustsCertificate'),
    bundlesRestored: new Counter(make('bundlesRestored')),
    eventLoopLag: new Gauge(make('eventLoopLag')),
    clusterObjects: new Gauge(make('clusterObjects')),
    clusterConnected: new Gauge(make('clusterConnected')),
    clusterLiveReads: new Counter(make('clusterLiveReads')),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
