import { createLog } from '../../../webhook/log.ts';
import { watchLoad } from '../../../webhook/load.ts';
import { createMetrics } from '../../../webhook/metrics.ts';
import { createAdmissionServer, serveCertificate, type Admit, type ServerParts } from '../../../webhook/server.ts';
import { newCertificate, type TestCertificate } from './certificates.ts';

/** Answers each review with its uid. */
export const echo: Admit = (review) => {
  const { request } = review as { request?: { uid?: string; namespace?: string } };
  const uid = request?.uid ?? '';
  const namespace = request?.namespace ?? '';
  return { body: JSON.stringify({ uid }), outcome: 'injected', uid, namespace, name: 'web', problems: 0 };
};

let shared: Promise<TestCertificate> | undefined;

/** A real listener on loopback, and all that it logs. */
export async function startServer(admit: Admit = echo, more: Partial<ServerParts> = {}) {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line) => void lines.push(line) });
  const metrics = createMetrics();
  const load = watchLoad(64 * 1024 * 1024);
  const app = createAdmissionServer({ admit, load, metrics, log, draining: () => false, ...more });
  const certificate = await (shared ??= newCertificate());
  serveCertificate(app, certificate);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const stop = async () => {
    load.stop();
    app.server.closeAllConnections();
    await app.close();
  };
  return { app, port, ca: certificate.caPem, certificate, lines, metrics, stop };
}

export type TestServer = Awaited<ReturnType<typeof startServer>>;
