/** What a schema cannot say of single fields: addresses that may be used, and lists that must hold a default. */
import { checkDefaults } from '../../contract/parse.ts';
import { canonicalAddress, addressProblem } from '../addresses.ts';
import type { WebhookConfig } from './table.ts';

export function checkConfig(config: WebhookConfig, problem: (line: string) => void): void {
  checkAddresses('vault.addresses', config.vault.addresses, config.vault.address, problem);
  checkAddresses('aws.endpoints', config.aws.endpoints, config.aws.endpoint, problem);
  if (config.backends.includes('file') && config.file.root === undefined)
    problem('backends names file: give the folder that may be read in file.root');
  for (const { where, message } of checkDefaults(config.defaults)) problem(`${where}: ${message}`);
  checkAudiences(config, problem);
  if (config.tls.leafLifetime > config.tls.caLifetime)
    problem('tls.leafLifetime must not be longer than tls.caLifetime');
}

function checkAudiences({ vault, aws, tokens }: WebhookConfig, problem: (line: string) => void): void {
  if (tokens.allowApiServerAudience) return;
  for (const audience of [vault.audience, ...vault.audiences, aws.audience])
    if (tokens.apiServerAudiences.includes(audience))
      problem(`audience ${audience} is the API server's own: choose another, or set tokens.allowApiServerAudience`);
}

interface Entry {
  readonly url: string;
  readonly development: boolean;
}

function checkAddresses(
  path: string,
  entries: readonly Entry[],
  chosen: string | undefined,
  problem: (line: string) => void,
): void {
  for (const [i, entry] of entries.entries()) {
    const reason = addressProblem(entry.url, entry.development);
    if (reason) problem(`${path}[${i}].url ${reason}`);
  }
  if (chosen === undefined) return;
  const address = canonicalAddress(chosen);
  if (!entries.some((entry) => canonicalAddress(entry.url) === address))
    problem(`${path.replace(/e?s$/, '')} must be one of ${path}`);
}
