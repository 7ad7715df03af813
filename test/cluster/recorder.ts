/** Stands between Pods and a store: notes what they send, and hands it on. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { forward } from '../stores/servers/forward.ts';
import { expose, unexpose, type OwnCluster } from './cluster.ts';

interface Recorded {
  readonly path: string;
  readonly body: string;
}

export interface Recorder {
  readonly requests: readonly Recorded[];
  stop(): Promise<void>;
}

export interface RecorderPlace {
  /** Of the way out of the cluster's network; whatever has that name is replaced. */
  readonly name: string;
  /** Of the node's address. */
  readonly port: number;
  /** The store itself, on this machine. */
  readonly upstream: string;
}

export async function startRecorder(own: OwnCluster, { name, port, upstream }: RecorderPlace): Promise<Recorder> {
  const requests: Recorded[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const { method = '', url: path = '', headers } = request;
    requests.push({ path, body: body.toString() });
    const answer = await forward(upstream, { method, path, headers, body });
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length }).end(answer.body);
  };
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await expose(own, name, port, (server.address() as AddressInfo).port);
  return {
    requests,
    async stop() {
      await unexpose(own, name);
      server.closeAllConnections();
      server.close();
    },
  };
}
