import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { selfManaged } from '../../../certs/self-managed.ts';
import type { CertificateSource, Report, ServingCertificate } from '../../../certs/source.ts';
import type { Times } from '../../../certs/times.ts';
import { fingerprintOf } from '../../../certs/verify.ts';
import type { MemoryCluster } from './memory-cluster.ts';

/** One replica of the webhook, as far as certificates go: a source, and a real TLS server that serves what it gives. */
export interface Replica {
  source: CertificateSource;
  certificates: ServingCertificate[];
  messages: string[];
  /** Resolves when the first certificate is served. */
  started: Promise<void>;
  stop(): Promise<void>;
}

export const SERVICE = { service: 'hook', namespace: 'ns' };
export const SERVER_NAME = 'hook.ns.svc';

const QUICK: Partial<Times> = { look: 50 };

export interface ReplicaOptions {
  times?: Partial<Times>;
  now?: () => number;
}

export function startReplica(cluster: MemoryCluster, options: ReplicaOptions = {}): Replica {
  const ports = { secrets: cluster.secretStore(), configurations: cluster.configurationStore() };
  return replicaOf((report) => selfManaged({ ...ports, ...SERVICE, times: QUICK, ...options, report }));
}

export function replicaOf(make: (report: Report) => CertificateSource): Replica {
  const messages: string[] = [];
  const certificates: ServingCertificate[] = [];
  const source = make((level, message) => messages.push(`${level} ${message}`));
  const started = source.start((certificate) => void certificates.push(certificate));
  started.catch(() => undefined);
  return { source, certificates, messages, started, stop: () => source.stop() };
}

export async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/** A new handshake, as an API server with this bundle would make it. Rejects where it is refused. */
export async function dial(port: number, ca: string): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername: SERVER_NAME, ca });
  await once(socket, 'secureConnect');
  return socket;
}

export function peerOf(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? '' : fingerprintOf(certificate);
}

/** Waits until it holds, for ten seconds at most. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
