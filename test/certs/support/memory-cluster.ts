import { EventEmitter } from 'node:events';
import { KubernetesFailure } from '../../../certs/ports.ts';
import type { ConfigurationStore, PatchOperation, SecretSnapshot, SecretStore } from '../../../certs/ports.ts';
import type { FailureKind, WebhookConfiguration } from '../../../certs/ports.ts';

/** One Secret and some webhook configurations behind the same rules as an API server's: versions, conflicts, denials. */
export class MemoryCluster {
  secret: SecretSnapshot | undefined;
  readonly configurations = new Map<string, WebhookConfiguration>();
  /** What goes wrong now, by verb: `secret.get`, `secret.create`, `secret.update`, `configuration.get`, `configuration.patch`. */
  readonly failures = new Map<string, FailureKind>();
  readonly calls: string[] = [];
  #version = 0;
  readonly #names: readonly string[];
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(configurations: Record<string, number> = { 'secrets-inject': 1 }) {
    this.#names = Object.keys(configurations);
    for (const [name, entries] of Object.entries(configurations)) this.apply(name, Array<string>(entries).fill(''));
  }

  /** As `kubectl replace`: whole object, whatever it was. */
  apply(name: string, bundles: readonly string[]): void {
    this.configurations.set(name, { name, bundles, resourceVersion: this.#next() });
    this.#changes.emit('configuration');
  }

  delete(name: string): void {
    this.configurations.delete(name);
    this.#changes.emit('configuration');
  }

  putSecret(data: Readonly<Record<string, string>> | undefined): void {
    this.secret = data && { data, resourceVersion: this.#next() };
    this.#changes.emit('secret');
  }

  bundles(name = 'secrets-inject'): readonly string[] {
    return this.configurations.get(name)?.bundles ?? [];
  }

  secretStore(): SecretStore {
    return {
      get: () => this.#call('secret.get', () => this.secret),
      create: (data) => this.#call('secret.create', () => this.#swap(data, undefined)),
      update: (data, version) => this.#call('secret.update', () => this.#swap(data, version)),
      watch: (onChange, signal) => this.#watch('secret', onChange, signal),
    };
  }

  configurationStore(): ConfigurationStore {
    return {
      names: this.#names,
      get: (name) => this.#call('configuration.get', () => this.configurations.get(name)),
      patch: (name, operations) => this.#call('configuration.patch', () => this.#patch(name, operations)),
      watch: (onChange, signal) => this.#watch('configuration', onChange, signal),
    };
  }

  /** Answers a little later, so that callers overtake each other. */
  async #call<T>(verb: string, answer: () => T): Promise<T> {
    this.calls.push(verb);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    const failure = this.failures.get(verb);
    if (failure !== undefined) throw new KubernetesFailure(failure, `${verb}: ${failure}`);
    return answer();
  }

  #swap(data: Readonly<Record<string, string>>, version: string | undefined): SecretSnapshot {
    if (this.secret === undefined && version !== undefined) throw new KubernetesFailure('missing', 'no such Secret');
    if (this.secret?.resourceVersion !== version) throw new KubernetesFailure('conflict', 'another version');
    const next = { data, resourceVersion: this.#next() };
    this.secret = next;
    this.#changes.emit('secret');
    return next;
  }

  #patch(name: string, operations: readonly PatchOperation[]): WebhookConfiguration {
    const found = this.configurations.get(name);
    if (found === undefined) throw new KubernetesFailure('missing', 'no such configuration');
    const bundles = [...found.bundles];
    for (const operation of operations) applyOne(operation, found, bundles);
    this.apply(name, bundles);
    return this.configurations.get(name) ?? found;
  }

  #watch(kind: string, onChange: () => void, signal: AbortSignal): void {
    this.#changes.on(kind, onChange);
    signal.addEventListener('abort', () => this.#changes.off(kind, onChange));
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

function applyOne({ op, path, value }: PatchOperation, found: WebhookConfiguration, bundles: string[]): void {
  if (op === 'test') {
    if (path !== '/metadata/resourceVersion' || value !== found.resourceVersion) {
      throw new KubernetesFailure('conflict', 'test failed');
    }
    return;
  }
  const [, entry] = /^\/webhooks\/(\d+)\/clientConfig\/caBundle$/.exec(path) ?? [];
  if (entry === undefined || Number(entry) >= bundles.length) throw new KubernetesFailure('other', `no path ${path}`);
  bundles[Number(entry)] = Buffer.from(value, 'base64').toString();
}
