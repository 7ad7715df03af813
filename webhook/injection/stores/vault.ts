/** From what the Pod asks and the operator allows to what the agent needs for one Vault. */
import { AGENT_PATH, PREFIX } from '../../../contract/layout.ts';
import type { VaultAuth, VaultStore } from '../../../contract/agent-config.ts';
import type { StoreRequest } from '../../../contract/request.ts';
import type { WebhookConfig } from '../../config.ts';
import { tokenPath, type StoreContext } from './identity.ts';
import { listedAddress, trustOf } from './remote.ts';

type Entry = WebhookConfig['vault']['addresses'][number];

export function vaultStore(request: StoreRequest, context: StoreContext): VaultStore | undefined {
  const entry = vaultEntry(request, context);
  if (!entry) return undefined;
  const auth = vaultAuth(request, entry, context);
  const namespace = request.options['namespace'] ?? entry.namespace;
  return (
    auth && {
      backend: 'vault',
      address: new URL(entry.url).origin,
      ...(namespace !== undefined && { namespace }),
      auth,
      ...trustOf(entry),
    }
  );
}

function vaultEntry({ options, origin }: StoreRequest, { config: { vault }, tell }: StoreContext): Entry | undefined {
  const only = vault.addresses.length === 1 ? vault.addresses[0]?.url : undefined;
  const address = options['address'] ?? vault.address ?? only;
  if (address === undefined) {
    tell(origin, `no Vault address: set ${PREFIX}vault.address to one of the operator's vault.addresses`);
    return undefined;
  }
  const listed = listedAddress(vault.addresses, address, 'vault.addresses');
  if ('entry' in listed) return listed.entry;
  tell(options['address'] === undefined ? origin : `${PREFIX}vault.address`, listed.problem);
  return undefined;
}

function vaultAuth({ options, origin }: StoreRequest, entry: Entry, context: StoreContext): VaultAuth | undefined {
  const usual = entry.authMethod ?? 'kubernetes';
  const method = (options['auth-method'] ?? usual) as VaultAuth['method'];
  const path = options['auth-path'] ?? (method === usual ? entry.authPath : undefined) ?? method;
  if (method === 'approle' || method === 'token') {
    if (context.identity.credentialsSecret !== undefined) return { method, path, credentials: AGENT_PATH.credentials };
    context.tell(origin, `Vault's ${method} login needs keys: name their Secret in ${PREFIX}credentials-secret`);
    return undefined;
  }
  const role = options['role'] ?? entry.role;
  if (role === undefined) context.tell(origin, `no role to log in to Vault with: set ${PREFIX}vault.role`);
  const audience = allowedAudience(options['audience'], origin, context);
  return role === undefined || audience === undefined
    ? undefined
    : { method, path, role, tokenPath: tokenPath(context, audience) };
}

function allowedAudience(
  wanted: string | undefined,
  origin: string,
  { config, tell }: StoreContext,
): string | undefined {
  const { audience, audiences } = config.vault;
  if (wanted === undefined || wanted === audience || audiences.includes(wanted)) return wanted ?? audience;
  tell(origin, `audience ${wanted} is not on the operator's list: ask for it to be added to vault.audiences`);
  return undefined;
}
