/** A client that costs less than any server: prepared requests, the next one written as soon as an answer is whole. */
import tls from 'node:tls';

export interface LoadTarget {
  readonly port: number;
  readonly ca: string;
  readonly servername: string;
  /** Sent in turn. */
  readonly bodies: readonly string[];
}

export interface Connections {
  /** Sends for so long. @returns milliseconds of each answer */
  run(durationMs: number): Promise<number[]>;
  close(): void;
}

export async function openConnections(target: LoadTarget, count: number): Promise<Connections> {
  const requests = target.bodies.map((body) => requestOf(target.servername, body));
  let sent = 0;
  const next = () => requests[sent++ % requests.length] ?? Buffer.alloc(0);
  const sockets = await Promise.all(Array.from({ length: count }, () => connect(target)));
  return {
    async run(durationMs) {
      const until = performance.now() + durationMs;
      const times = await Promise.all(sockets.map((socket) => sendUntil(socket, next, until)));
      return times.flat();
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}

function requestOf(host: string, body: string): Buffer {
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST /mutate?timeout=10s HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
      `Accept: application/json, */*\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
}

function connect({ port, ca, servername }: LoadTarget): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca, servername }, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

function sendUntil(socket: tls.TLSSocket, next: () => Buffer, until: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const times: number[] = [];
    let sent = performance.now();
    let missing = -1;
    const fail = () => reject(new Error('the server closed the connection'));
    const onData = (chunk: Buffer) => {
      missing = missing < 0 ? bytesAfter(chunk) : missing - chunk.length;
      if (missing > 0) return;
      missing = -1;
      const now = performance.now();
      times.push(now - sent);
      sent = now;
      if (now < until) {
        socket.write(next());
        return;
      }
      socket.off('data', onData).off('close', fail);
      resolve(times);
    };
    socket.on('data', onData).once('close', fail);
    socket.write(next());
  });
}

/** What is still to come of an answer whose head is in this chunk: small heads come whole. */
function bytesAfter(chunk: Buffer): number {
  const head = chunk.indexOf('\r\n\r\n');
  const text = chunk.toString('latin1', 0, head);
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`the server answered ${text.split('\r\n', 1)[0]}`);
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
  return head + 4 + length - chunk.length;
}
