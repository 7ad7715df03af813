import type { Report } from './source.ts';

/** Problems are looked at once a minute and more, and told once: when they begin, when they change, when they end. */
export interface Notices {
  /** No `problem`: all is well (again). */
  about(topic: string, problem: string | undefined): void;
}

export function createNotices(report: Report): Notices {
  const open = new Map<string, string>();
  return {
    about(topic, problem) {
      if (open.get(topic) === problem) return;
      if (problem === undefined) {
        open.delete(topic);
        report('info', `${topic}: in order again`);
      } else {
        open.set(topic, problem);
        report('error', `${topic}: ${problem}`);
      }
    },
  };
}

/** Errors of ports, certificates and files never quote a key. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}
