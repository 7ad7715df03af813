/** What the cluster tests take from the environment, and where they keep things. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const KUBERNETES_VERSION = '1.35.4';

/** Built binaries and the base image: expensive, keyed by version, outlives a checkout. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'secrets-inject');

/** Everything that one cluster writes lies under a folder of its own in here. */
export const RUNS = process.env['SECRETS_INJECT_CLUSTER_RUNS'] ?? '/var/tmp/secrets-inject-clusters';

/** Clusters of different names run side by side. */
export const CLUSTER_NAME = process.env['SECRETS_INJECT_CLUSTER'] ?? 'default';

/** A cluster of somebody else's (kind, k3s, a cloud) to use instead of our own. */
export const FOREIGN_KUBECONFIG = process.env['KUBECONFIG'];

export const REPOSITORY = join(import.meta.dirname, '..', '..');

/** What this machine trusts; the way to the package registry may need more than Node brings. */
export const CERTIFICATES = process.env['NODE_EXTRA_CA_CERTS'] ?? '/etc/ssl/certs/ca-certificates.crt';
