/** `{pod.name}` and its like in the name of a reference: what a Pod may say about itself. */
import type { Decoded } from './codecs/codec.ts';
import { accept, refuse } from './codecs/codec.ts';
import { nearest } from './nearest.ts';
import type { PodFacts } from './request.ts';
import { quote } from './text.ts';

type Facts = Pick<PodFacts, 'name' | 'namespace' | 'serviceAccount' | 'labels'>;

/** Gives what stands for a placeholder, named without its braces. */
export type Fill = (placeholder: string) => Decoded<string>;

const PLACEHOLDERS = ['pod.name', 'pod.namespace', 'pod.label:<key>', 'pod.service-account'] as const;

/** Admission sees the Pod before the API server has checked it: only what cannot leave its place in a name may pass. */
const HARMLESS = /^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/;

export function fillFrom(facts: Facts): Fill {
  return (placeholder) => {
    const known = value(placeholder, facts);
    if (!known.ok || HARMLESS.test(known.value)) return known;
    return refuse(`cannot use {${placeholder}}: its value is empty or has characters that no label may have`);
  };
}

function value(placeholder: string, facts: Facts): Decoded<string> {
  if (placeholder === 'pod.name')
    return facts.name === undefined
      ? refuse('cannot use {pod.name}: the name of this Pod is still to be generated')
      : accept(facts.name);
  if (placeholder === 'pod.namespace') return accept(facts.namespace);
  if (placeholder === 'pod.service-account') return accept(facts.serviceAccount);
  if (placeholder.startsWith('pod.label:')) return label(placeholder.slice('pod.label:'.length), facts);
  return refuse(
    `has an unknown placeholder ${quote(`{${placeholder}}`)}; nearest valid name: ${closest(placeholder)} (write %7B for a plain brace)`,
  );
}

function label(key: string, { labels }: Facts): Decoded<string> {
  const found = Object.hasOwn(labels, key) ? labels[key] : undefined;
  return found === undefined ? refuse(`cannot use {pod.label:…}: the Pod has no label ${quote(key)}`) : accept(found);
}

function closest(placeholder: string): string {
  return `{${nearest(placeholder, PLACEHOLDERS) ?? ''}}`;
}
