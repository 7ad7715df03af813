/** What Vault itself says it was asked for. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VaultServer } from '../stores/servers/vault.ts';

export interface VaultAudit {
  /** How often each path was read since the audit began. */
  reads(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

interface Entry {
  readonly type: 'request' | 'response';
  readonly request: { readonly operation: string; readonly path: string };
}

export async function startAudit({ api }: VaultServer): Promise<VaultAudit> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-audit-'));
  const file = join(folder, 'audit.log');
  await api('POST', 'sys/audit/test', { type: 'file', options: { file_path: file } });
  return {
    async reads() {
      const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
      const entries = lines.map((line) => JSON.parse(line) as Entry);
      const counts: Record<string, number> = {};
      for (const { type, request } of entries)
        if (type === 'request' && request.operation === 'read') counts[request.path] = (counts[request.path] ?? 0) + 1;
      return counts;
    },
    async stop() {
      await api('DELETE', 'sys/audit/test');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
