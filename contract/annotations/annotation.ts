import type { Codec } from '../codecs/codec.ts';

/** Who may write an annotation. What a Namespace may set, and every setting, the operator may give a default for. */
export type Scope = 'pod' | 'namespace';

export interface Annotation<T = unknown> {
  readonly scope: readonly Scope[];
  readonly codec: Codec<T>;
  /** As a user would write it; the operator's where it says so. */
  readonly default?: string;
  readonly summary: string;
  /** A value that parses. */
  readonly example: string;
  /** Whether it works already: always, never yet, or only with these values. */
  readonly available: boolean | readonly string[];
}

/** An annotation whose key goes on after a dot: `file.<filename>`. */
export interface KeyPattern<T = unknown> extends Annotation<T> {
  readonly subject: Codec<string>;
  readonly exampleSubject: string;
  /** Whether the YAML map `config` may carry it already. */
  readonly inConfig?: true;
}

type Spec<T> = Omit<Annotation<T>, 'available' | 'default'> & { readonly available?: boolean | readonly string[] };

/** A setting that always has a value. `default` is told apart so that its type says so. */
export function setting<T>(spec: Spec<T> & { readonly default: string }): Annotation<T> & { readonly default: string } {
  return { available: true, ...spec };
}

/** A setting that may stay open; `unset` says in the table what happens then. */
export function openSetting<T>(
  spec: Spec<T> & { readonly unset?: string },
): Annotation<T> & { readonly unset?: string } {
  return { available: true, ...spec };
}
