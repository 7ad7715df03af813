/** Starts `create-load.ts` inside the cluster's network, on an API server and a webhook of the project's own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { OwnCluster } from './cluster.ts';
import type { LoadOrder, LoadReport } from './create-load.ts';
import { inside, NODE_ADDRESS } from './network.ts';

export interface Load {
  /** Lets what is under way come to its end. */
  stop(): Promise<LoadReport>;
}

type Order = Omit<LoadOrder, 'server' | 'ca' | 'cert' | 'key'>;

/** It never outlives this process. */
export function startLoad(own: OwnCluster, order: Order): Load {
  const pki = (file: string) => join(own.run, 'pki', file);
  const server = `https://${NODE_ADDRESS}:6443`;
  const full: LoadOrder = { ...order, server, ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') };
  const script = join(import.meta.dirname, 'create-load.ts');
  const [program = '', ...args] = inside(own.name, [process.execPath, script, JSON.stringify(full)]);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = Promise.all([once(child, 'close'), text(child.stdout)]);
  return {
    async stop() {
      child.stdin.end();
      const [[code], words] = await ended;
      if (code !== 0) throw new Error(`the load ended with exit code ${String(code)}`);
      return JSON.parse(words) as LoadReport;
    },
  };
}
