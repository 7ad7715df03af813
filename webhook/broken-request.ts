/** What Node could not parse as HTTP at all: one short answer, and the connection ends. */
import type { Socket } from 'node:net';
import type { Metrics } from './metrics.ts';
import { isUnused } from './unused-connections.ts';

const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

const STATUS: Readonly<Record<string, string>> = {
  [TIMEOUT]: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

export function refuseBrokenRequest({ requestsRefused }: Metrics) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    if (error.code === TIMEOUT && isUnused(socket)) return;
    const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
    requestsRefused.inc({ status: status.slice(0, 3) });
    const text = `secrets-inject: ${status.slice(4).toLowerCase()}\n`;
    socket.end(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      () => socket.destroy(),
    );
  };
}
