/**
 * Connections on which nothing has been asked yet. API servers open some in advance and use them much later. Node takes
 * the time since the handshake for that of a request: it would end them with 408, also while a request is on its way.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export function isUnused(socket: Socket): boolean {
  return socket.bytesRead === 0;
}

/** @returns ends those that are open, which for Node are not idle. */
export function watchUnused(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('secureConnection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (isUnused(socket)) socket.destroy();
  };
}
