/** The tests' hands on a cluster: kubectl, in one namespace. It is the same for our own cluster and for any other. */
import { outcome, run, until, type Outcome } from './run.ts';

export interface KubectlOptions {
  /** The program. */
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly namespace?: string;
}

export class Kubectl {
  readonly #options: KubectlOptions;

  constructor(options: KubectlOptions) {
    this.#options = options;
  }

  /** The same cluster, another namespace. */
  in(namespace: string): Kubectl {
    return new Kubectl({ ...this.#options, namespace });
  }

  /** The same objects through another API server, or as somebody else. */
  with(kubeconfig: string): Kubectl {
    return new Kubectl({ ...this.#options, kubeconfig });
  }

  /** The command line, for a process that lives on, such as `port-forward`. */
  command(...args: readonly string[]): string[] {
    const { kubectl, kubeconfig, namespace } = this.#options;
    return [
      kubectl,
      `--kubeconfig=${kubeconfig}`,
      ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
      ...args,
    ];
  }

  /** @throws Error with kubectl's own words. */
  async run(...args: readonly string[]): Promise<string> {
    return await run(this.command(...args));
  }

  /** For what is expected to fail. */
  async outcome(...args: readonly string[]): Promise<Outcome> {
    return await outcome(this.command(...args));
  }

  /** @param objects YAML or JSON text, or objects. */
  async apply(objects: string | readonly unknown[]): Promise<string> {
    return await run(this.command('apply', '-f', '-'), { input: manifest(objects) });
  }

  /** Like `apply`, for what the API server is expected to refuse. */
  async tryApply(objects: string | readonly unknown[], ...args: readonly string[]): Promise<Outcome> {
    return await outcome(this.command('apply', '-f', '-', ...args), { input: manifest(objects) });
  }

  async get<T>(kind: string, name: string): Promise<T> {
    return JSON.parse(await this.run('get', kind, name, '--output=json')) as T;
  }

  /** @param condition as `kubectl wait --for` takes it. @throws Error with the description of the object. */
  async waitFor(object: string, condition: string, seconds = 60): Promise<void> {
    const { code, stderr } = await this.outcome('wait', `--for=${condition}`, object, `--timeout=${seconds}s`);
    if (code !== 0) throw new Error(`${stderr.trim()}\n${await this.describe(object)}`);
  }

  async describe(object: string): Promise<string> {
    return (await this.outcome('describe', object)).stdout;
  }

  async logs(pod: string, container?: string): Promise<string> {
    return await this.run('logs', pod, ...(container === undefined ? [] : ['--container', container]));
  }

  async exec(pod: string, container: string, ...command: readonly string[]): Promise<string> {
    return await this.run('exec', pod, '--container', container, '--', ...command);
  }

  /** Waits until a container's log has a line that matches. @returns the whole log. */
  async logged(pod: string, container: string, pattern: RegExp, seconds = 30): Promise<string> {
    return await until(`${pattern} in the log of ${pod}`, seconds, async () => {
      const log = await this.logs(pod, container);
      return pattern.test(log) ? log : undefined;
    });
  }

  /** @returns seconds that it took until the object was gone. */
  async delete(object: string, ...args: readonly string[]): Promise<number> {
    const start = performance.now();
    await this.run('delete', object, '--wait', '--ignore-not-found', ...args);
    return (performance.now() - start) / 1000;
  }
}

function manifest(objects: string | readonly unknown[]): string {
  return typeof objects === 'string' ? objects : objects.map((object) => JSON.stringify(object)).join('\n---\n');
}
