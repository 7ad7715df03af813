import { PREFIX } from '../../contract/layout.ts';
import { parse } from '../../contract/parse.ts';
import type { InjectionRequest, ParseInput, ParseResult, PodFacts } from '../../contract/request.ts';
import { denialMessage } from '../../webhook/admission/denial.ts';

export type Annotations = Readonly<Record<string, string>>;

interface Around {
  readonly pod?: Partial<PodFacts>;
  /** Without prefix. */
  readonly namespace?: Annotations;
  readonly defaults?: Annotations;
}

/** A Pod with the containers `app` and `worker` and the init container `setup`. */
export function input(annotations: Annotations, { pod, namespace = {}, defaults = {} }: Around = {}): ParseInput {
  return {
    pod: {
      namespace: 'shop',
      name: 'web-0',
      serviceAccount: 'web',
      labels: { app: 'web', 'app.kubernetes.io/name': 'storefront' },
      containers: ['app', 'worker'],
      initContainers: ['setup'],
      ...pod,
      annotations: prefixed(annotations),
    },
    namespaceAnnotations: prefixed(namespace),
    defaults,
  };
}

function prefixed(annotations: Annotations): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).map(([key, text]) => [PREFIX + key, text]));
}

/** Annotations without their prefix. */
export function parsePod(annotations: Annotations, around: Around = {}): ParseResult {
  return parse(input(annotations, around));
}

export function request(annotations: Annotations, around: Around = {}): InjectionRequest {
  const result = parsePod(annotations, around);
  if (result.kind !== 'request') throw new Error(`no request: ${message(result)}`);
  return result.request;
}

/** The one message of a denial; empty where there is none. */
export function denial(annotations: Annotations, around: Around = {}): string {
  return message(parsePod(annotations, around));
}

function message(result: ParseResult): string {
  return result.kind === 'problems' ? denialMessage(result.problems, result.more).message : '';
}

/** Milliseconds of processor time, which do not grow with what else the machine is doing. */
export function cost(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
