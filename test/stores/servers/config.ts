/** What the store tests take from the environment, and where they keep what is expensive to make. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const VAULT_VERSION = '1.21.0';

export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'secrets-inject');

/** A Vault server of somebody else's to use instead of our own, with a token that may do everything. */
export const FOREIGN_VAULT = { address: process.env['VAULT_ADDR'], token: process.env['VAULT_TOKEN'] };

export const SEARCH_PATH = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');

/** Where every server has to be there. */
export const IS_CI = process.env['CI'] === 'true';
