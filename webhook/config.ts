/** All configuration of the webhook: one YAML file, and SECRETS_INJECT_* variables over it. */
import { parse as parseYaml } from 'yaml';
import { checkConfig } from './config/check.ts';
import type { Field } from './config/schema.ts';
import { SCHEMA, type WebhookConfig } from './config/table.ts';

export type { WebhookConfig } from './config/table.ts';

const PREFIX = 'SECRETS_INJECT_';

/**
 * @param file text of the YAML file, empty where there is none
 * @param environment variables; a field `a.bC` is `SECRETS_INJECT_A_B_C`, with YAML for its value
 * @throws Error with every problem in one message
 */
export function parseConfig(file: string, environment: Readonly<Record<string, string | undefined>>): WebhookConfig {
  const problems: string[] = [];
  const problem = (line: string) => void problems.push(line);
  const document = readYaml(file, 'the configuration file', problem);
  const config = SCHEMA.read(overlay(document, environment, problem), '', problem);
  if (problems.length === 0) checkConfig(config, problem);
  if (problems.length > 0) throw new Error(`bad configuration: ${problems.join('; ')}`);
  return config;
}

function overlay(
  document: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  problem: (line: string) => void,
): unknown {
  const paths = new Map(leafPaths(SCHEMA).map((path) => [variableName(path), path]));
  let result = document;
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith(PREFIX) || isServiceLink(name, value)) continue;
    const path = paths.get(name);
    if (path) result = withValue(result, path, readYaml(value, name, problem));
    else problem(`${name} is an unknown variable`);
  }
  return result;
}

/** Kubernetes sets such variables for each Service, and one may well be called `secrets-inject`. */
function isServiceLink(name: string, value: string): boolean {
  return /_SERVICE_(HOST|PORT(_.*)?)$|_PORT_\d+_(TCP|UDP|SCTP)/.test(name) || /^(tcp|udp|sctp):\/\//.test(value);
}

function leafPaths(field: Field<unknown>, path: readonly string[] = []): (readonly string[])[] {
  if (!field.members) return [path];
  return Object.entries(field.members).flatMap(([key, member]) => leafPaths(member, [...path, key]));
}

function variableName(path: readonly string[]): string {
  return PREFIX + path.map((key) => key.replaceAll(/[A-Z]/g, '_$&').toUpperCase()).join('_');
}

function withValue(document: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const here = typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  return { ...here, [key]: rest.length === 0 ? value : withValue(here[key], rest, value) };
}

function readYaml(source: string, what: string, problem: (line: string) => void): unknown {
  try {
    return parseYaml(source);
  } catch (error) {
    problem(`${what} is not YAML: ${(error instanceof Error ? error.message : '').split('\n', 1)[0]}`);
    return undefined;
  }
}
