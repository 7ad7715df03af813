import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { startLoop } from './loop.ts';
import type { Loop } from './loop.ts';
import { serverName } from './names.ts';
import type { ServiceName } from './names.ts';
import { createNotices, reasonOf } from './notices.ts';
import type { Notices } from './notices.ts';
import { createServing } from './serve.ts';
import type { Serving } from './serve.ts';
import type { CertificateSource, CertificateStatus, Report, ServingCertificate } from './source.ts';
import { readBundle } from './verify.ts';

export interface MountedOptions extends ServiceName {
  /** Holds `tls.crt` and `tls.key`, and `ca.crt` where the issuer tells its authority: a mounted Secret of cert-manager. */
  directory: string;
  report: Report;
  /** How often the files are read; 10 seconds where absent. The kubelet swaps links, which file events do not tell reliably. */
  pollMs?: number;
  now?: () => number;
}

/** A certificate that somebody else issues and publishes: served under the same guards, never written. */
export function mounted(options: MountedOptions): CertificateSource {
  return new Mounted(options);
}

interface Files {
  chainPem: string;
  keyPem: string;
  authorityPem: string;
}

class Mounted implements CertificateSource {
  readonly #options: Required<Omit<MountedOptions, 'clusterDomain'>>;
  readonly #notices: Notices;
  readonly #first = Promise.withResolvers<void>();
  #serving: Serving | undefined;
  #authorityNotAfter: Date | undefined;
  #lastSuccess: Date | undefined;
  #loop: Loop | undefined;

  constructor(options: MountedOptions) {
    this.#options = { pollMs: 10_000, now: Date.now, ...options };
    this.#notices = createNotices(options.report);
  }

  start(onCertificate: (certificate: ServingCertificate) => void): Promise<void> {
    const serving = createServing([serverName(this.#options)], (certificate) => {
      onCertificate(certificate);
      this.#options.report(
        'info',
        `serving the mounted certificate, which ends at ${certificate.notAfter.toISOString()}`,
      );
      this.#first.resolve();
    });
    this.#serving = serving;
    this.#loop = startLoop(() => this.#look(serving), this.#options.pollMs);
    return this.#first.promise;
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
    // Nobody may be waiting.
    this.#first.promise.catch(() => undefined);
    this.#first.reject(new Error('stopped before there was a certificate'));
  }

  status(): CertificateStatus {
    const served = this.#serving?.current();
    return {
      bundlesRestored: 0,
      ...(served && { leafNotAfter: served.notAfter, fingerprint: served.fingerprint }),
      ...(this.#authorityNotAfter && { authorityNotAfter: this.#authorityNotAfter }),
      ...(this.#lastSuccess && { lastSuccess: this.#lastSuccess }),
    };
  }

  async #look(serving: Serving): Promise<boolean> {
    const { directory, now } = this.#options;
    const problem = await readFiles(directory).then((files) => this.#offer(files, serving, now()), reasonOf);
    this.#notices.about(`the certificate mounted in ${directory}`, problem);
    if (problem === undefined) this.#lastSuccess = new Date(now());
    return problem === undefined;
  }

  #offer({ chainPem, keyPem, authorityPem }: Files, serving: Serving, now: number): string | undefined {
    try {
      const authorities = readBundle(authorityPem).certificates;
      // Where the authority is not told, whoever sends the certificate is taken at his word.
      const bundle = authorities.length > 0 ? authorities : readBundle(chainPem).certificates;
      const problem = serving.offer({ chainPem, keyPem }, bundle, now);
      if (problem === undefined) this.#authorityNotAfter = authorities[0]?.validToDate;
      return problem;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** All from one version of the mounted Secret, where the kubelet keeps versions: certificate and key never mixed. */
async function readFiles(directory: string): Promise<Files> {
  const version = await realpath(join(directory, '..data')).catch(() => directory);
  const [chainPem, keyPem, authorityPem] = await Promise.all([
    readFile(join(version, 'tls.crt'), 'utf8'),
    readFile(join(version, 'tls.key'), 'utf8'),
    readFile(join(version, 'ca.crt'), 'utf8').catch(absent),
  ]);
  return { chainPem, keyPem, authorityPem };
}

function absent(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
  throw error;
}
