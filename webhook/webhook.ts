/** The running webhook: both listeners, the certificate between them, and the end. */
import type { CertificateSource } from '../certs/source.ts';
import { createDrain, type DrainTimes } from './drain.ts';
import { watchLoad, type Load } from './load.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createAdmissionServer, serveCertificate, type Admit, type Timeouts } from './server.ts';
import { createStatusServer, type Condition } from './status.ts';

export interface WebhookParts {
  readonly admit: Admit;
  readonly certificates: CertificateSource;
  readonly listen: { readonly https: number; readonly http: number; readonly host?: string | undefined };
  readonly drain: DrainTimes;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Besides those of the webhook itself. */
  readonly conditions: readonly Condition[];
  /** Besides those of the webhook itself. */
  readonly refreshMetrics?: () => void;
  readonly timeouts?: Partial<Timeouts>;
}

export interface RunningWebhook {
  /** Resolves with the port of /mutate when a certificate is there and it is served. */
  readonly serving: Promise<number>;
  readonly httpPort: number;
  /** Serves on until the API server has left; resolves when everything is closed. */
  drain(): Promise<void>;
}

/** Bodies that are being read at one time, in bytes. */
const MAX_BODIES = 32 * 1024 * 1024;

/** Resolves as soon as the plain listener answers. */
export async function startWebhook(parts: WebhookParts): Promise<RunningWebhook> {
  const load = watchLoad(MAX_BODIES);
  const app = createAdmissionServer({
    ...parts,
    load,
    draining: () => drain.started,
  });
  const drain = createDrain(app.server, parts.drain);
  let port: number | undefined;
  const status = createStatusServer({
    metrics: parts.metrics,
    conditions: [
      () => (drain.started ? 'this replica is leaving' : undefined),
      () => (port === undefined ? 'there is no certificate yet' : undefined),
      () => expired(parts.certificates),
      ...parts.conditions,
    ],
    refresh: () => refresh(parts, load),
  });
  const httpPort = await listen(status, parts.listen.http, parts.listen.host);
  parts.log.info('listening', { port: httpPort });
  const serving = parts.certificates
    .start((certificate) => serveCertificate(app, certificate))
    .then(async () => (port = await listen(app, parts.listen.https, parts.listen.host)));
  // Whoever waits for it hears of it; nobody has to.
  serving.catch(() => undefined);
  return {
    serving,
    httpPort,
    async drain() {
      parts.log.info('leaving: serving goes on until nobody asks any more');
      await drain.start();
      load.stop();
      await Promise.all([parts.certificates.stop(), app.close(), status.close()]);
    },
  };
}

type Listener = Pick<ReturnType<typeof createStatusServer>, 'listen' | 'server'>;

/** On IPv6 and IPv4, or on IPv4 alone where the node has nothing else. */
async function listen(app: Listener, port: number, host?: string): Promise<number> {
  try {
    await app.listen({ port, host: host ?? '::' });
  } catch (error) {
    if (host !== undefined || !(error instanceof Error) || !/EAFNOSUPPORT|EADDRNOTAVAIL/.test(error.message))
      throw error;
    await app.listen({ port, host: '0.0.0.0' });
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function expired(certificates: CertificateSource): string | undefined {
  const end = certificates.status().leafNotAfter;
  return end && end.getTime() < Date.now() ? `the certificate ended at ${end.toISOString()}` : undefined;
}

function refresh({ metrics, certificates, refreshMetrics }: WebhookParts, load: Load): void {
  const status = certificates.status();
  metrics.eventLoopLag.set(load.lagMs() / 1000);
  if (status.leafNotAfter) metrics.certificateNotAfter.set({ certificate: 'leaf' }, seconds(status.leafNotAfter));
  if (status.authorityNotAfter)
    metrics.certificateNotAfter.set({ certificate: 'authority' }, seconds(status.authorityNotAfter));
  if (status.lastSuccess) metrics.certificateLastSuccess.set(seconds(status.lastSuccess));
  if (status.bundleContainsServedAuthority !== undefined)
    metrics.bundleTrustsCertificate.set(status.bundleContainsServedAuthority ? 1 : 0);
  metrics.bundlesRestored.reset();
  metrics.bundlesRestored.inc(status.bundlesRestored);
  refreshMetrics?.();
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}
