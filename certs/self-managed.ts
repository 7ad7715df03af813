import { carryOut } from './carry-out.ts';
import type { Surroundings } from './carry-out.ts';
import { startLoop } from './loop.ts';
import type { Loop } from './loop.ts';
import { serviceNames } from './names.ts';
import type { ServiceName } from './names.ts';
import { createNotices } from './notices.ts';
import type { ConfigurationStore, SecretStore } from './ports.ts';
import { INITIAL_STATE, step } from './rotation.ts';
import type { RotationEvent, RotationState } from './rotation.ts';
import { createServing } from './serve.ts';
import type { CertificateSource, CertificateStatus, Report, ServingCertificate } from './source.ts';
import { checkedTimes } from './times.ts';
import type { Times } from './times.ts';

export interface SelfManagedOptions extends ServiceName {
  secrets: SecretStore;
  configurations: ConfigurationStore;
  report: Report;
  times?: Partial<Times>;
  /** The wall clock (milliseconds). */
  now?: () => number;
}

/** An authority and leaves of our own, shared by all replicas. Throws a `RangeError` on times that make no sense. */
export function selfManaged(options: SelfManagedOptions): CertificateSource {
  return new SelfManaged(options);
}

/** Enough for the longest chain of events that one look can start, conflicts included; what is left waits for the next. */
const MAX_EVENTS = 20;

class SelfManaged implements CertificateSource {
  readonly #parts: Omit<Surroundings, 'serving'>;
  readonly #first = Promise.withResolvers<void>();
  readonly #ended = new AbortController();
  #state: RotationState = INITIAL_STATE;
  #loop: Loop | undefined;
  #lastSuccess: Date | undefined;
  #bundlesRestored = 0;

  constructor({ secrets, configurations, report, times = {}, now = Date.now, ...service }: SelfManagedOptions) {
    const notices = createNotices(report);
    const names = serviceNames(service);
    this.#parts = { secrets, configurations, report, notices, names, now, times: checkedTimes(times) };
  }

  start(onCertificate: (certificate: ServingCertificate) => void): Promise<void> {
    const serving = createServing(this.#parts.names, (certificate) => {
      onCertificate(certificate);
      this.#first.resolve();
    });
    const loop = startLoop(() => this.#look({ ...this.#parts, serving }), this.#parts.times.look);
    this.#loop = loop;
    this.#parts.secrets.watch(() => loop.trigger(), this.#ended.signal);
    this.#parts.configurations.watch(() => loop.trigger(), this.#ended.signal);
    return this.#first.promise;
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#loop?.stop();
    // Nobody may be waiting.
    this.#first.promise.catch(() => undefined);
    this.#first.reject(new Error('stopped before there was a certificate'));
  }

  status(): CertificateStatus {
    const { served, material, published } = this.#state;
    const newest = material?.authorities.at(-1);
    return {
      bundlesRestored: this.#bundlesRestored,
      ...(served && { leafNotAfter: new Date(served.notAfter), fingerprint: served.id }),
      ...(served && { bundleContainsServedAuthority: published.includes(served.issuer) }),
      ...(newest && { authorityNotAfter: new Date(newest.notAfter) }),
      ...(material && { phase: material.phase }),
      ...(this.#lastSuccess && { lastSuccess: this.#lastSuccess }),
    };
  }

  /** One look at clock and cluster, and all that follows from it. Says whether nothing failed. */
  async #look(on: Surroundings): Promise<boolean> {
    const events: RotationEvent[] = [{ kind: 'look' }];
    let fine = true;
    for (let handled = 0; handled < MAX_EVENTS; handled += 1) {
      const event = events.shift();
      if (event === undefined) break;
      fine = (await this.#handle(event, events, on)) && fine;
    }
    if (fine) this.#lastSuccess = new Date(on.now());
    return fine;
  }

  async #handle(event: RotationEvent, events: RotationEvent[], on: Surroundings): Promise<boolean> {
    this.#noteRestored(event);
    const { state, actions } = step(this.#state, event, on.now(), on.times);
    this.#state = state;
    const outcomes = [];
    for (const action of actions) outcomes.push(await carryOut(action, on));
    events.push(...outcomes.flatMap(({ event }) => event ?? []));
    return outcomes.every(({ failed }) => !failed);
  }

  /** A bundle that was complete and had to be written for the same authorities again: somebody else changed it. */
  #noteRestored(event: RotationEvent): void {
    const { published, trusted } = this.#state;
    const wasComplete = trusted.length > 0 && trusted.every(({ id }) => published.includes(id));
    if (event.kind !== 'bundles' || event.outcome !== 'written' || !wasComplete) return;
    this.#bundlesRestored += 1;
    this.#parts.report(
      'warn',
      'somebody changed a CA bundle of ours; it is restored. Does a deployment tool set caBundle?',
    );
  }
}
