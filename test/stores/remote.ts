import type { RemoteFixture } from './remote-contract.ts';
import { localhostCertificate } from './servers/certificates.ts';
import { startFaultyProxy } from './servers/faults.ts';

type Remote = Pick<RemoteFixture, 'proxy' | 'tlsProxy' | 'caPem' | 'otherCaPem'>;

/** The proxies that a remote backend's fixture stands behind. */
export async function startRemote(upstream: string): Promise<Remote & { stop(): Promise<void> }> {
  const [ours, other] = await Promise.all([localhostCertificate(), localhostCertificate()]);
  const proxy = await startFaultyProxy(upstream);
  const tlsProxy = await startFaultyProxy(upstream, { tls: ours.server });
  return {
    proxy,
    tlsProxy,
    caPem: ours.caPem,
    otherCaPem: other.caPem,
    stop: async () => void (await Promise.all([proxy.stop(), tlsProxy.stop()])),
  };
}
