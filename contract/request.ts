/** What a Pod asks for: the result of `parse`, before the operator's configuration and any identity come in. */
import type { BackendId } from './backends.ts';
import type { Settings } from './annotations.ts';
import type { ValueReference } from './agent-config.ts';

export interface InjectionRequest {
  readonly files: readonly FileRequest[];
  /** Every store that some output reads from, by id: one entry per distinct (backend, options). */
  readonly stores: Readonly<Record<string, StoreRequest>>;
  /** Every setting with its default filled in, keyed as in the annotation table. */
  readonly settings: Settings;
}

export interface FileRequest {
  readonly path: string;
  /** From `file-mode.<filename>`; else `settings['file-mode']` decides. */
  readonly mode?: number;
  readonly value: ValueReference;
}

export interface StoreRequest {
  readonly backend: BackendId;
  /**
   * Options as the Pod set them (the reference's, else the named store's, else those of `<family>.<param>`
   * annotations), by parameter name: `address`, `role`, `region`, … Absent ones are the operator's to fill in.
   */
  readonly options: Readonly<Record<string, string>>;
  /** The annotation or reference that the options come from, for messages. */
  readonly origin: string;
}

/** What `parse` needs to know of a Pod besides its annotations. */
export interface PodFacts {
  readonly namespace: string;
  /** Absent where the name is still to be generated. */
  readonly name?: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly string[];
  readonly initContainers: readonly string[];
}

export interface ParseInput {
  readonly pod: PodFacts;
  readonly namespaceAnnotations: Readonly<Record<string, string>>;
  /** The operator's default annotations, keyed without prefix; weakest of all. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** One thing wrong, and the way out, in one line. */
export interface Problem {
  /** Where: an annotation key, prefixed with `namespace annotation` where it is not the Pod's. */
  readonly where: string;
  readonly message: string;
}

export type ParseResult =
  /** Nothing asked for, or `inject: "false"`. */
  | { readonly kind: 'skip'; readonly warnings: readonly string[] }
  | { readonly kind: 'request'; readonly request: InjectionRequest; readonly warnings: readonly string[] }
  /** At most 50; `more` says how many were left out. */
  | { readonly kind: 'problems'; readonly problems: readonly Problem[]; readonly more: number };
