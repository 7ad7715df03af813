/**
 * The way between this machine's loopback and a cluster's network namespace. A socket belongs to the namespace that it
 * was made in, so two processes do it, one on either side: one listens and hands each connection to the other, which
 * goes on from there.
 *
 *     node forward.ts <namespace> <into|out-of> <address to listen on> <port> <address to go to> <port>
 */
import { spawn } from 'node:child_process';
import { connect, createServer, Socket } from 'node:net';
import { inside } from './network.ts';

interface Peer {
  send?(message: string, handle: Socket): boolean;
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
}

const args = process.argv.slice(2);
const [namespace = '', direction = '', listenAddress = '', listenPort = '', address = '', port = ''] = args;
const isInside = process.send !== undefined;

const peer: Peer = isInside ? process : startInside();
if (isInside === (direction === 'out-of')) listen();
else peer.on('message', (_message, handle) => goOn(handle));

function startInside(): Peer {
  const [program = '', ...rest] = inside(namespace, [process.execPath, import.meta.filename, ...args]);
  const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.on('exit', () => process.exit(1));
  process.on('SIGTERM', () => {
    child.kill();
    process.exit(0);
  });
  return child;
}

function listen(): void {
  const server = createServer({ pauseOnConnect: true }, (socket) => peer.send?.('connection', socket));
  server.listen(Number(listenPort), listenAddress);
}

function goOn(handle: unknown): void {
  if (!(handle instanceof Socket)) return;
  const onward = connect(Number(port), address);
  handle.pipe(onward).pipe(handle);
  handle.on('error', () => onward.destroy()).on('close', () => onward.destroy());
  onward.on('error', () => handle.destroy()).on('close', () => handle.destroy());
}

if (isInside) process.on('disconnect', () => process.exit(0));
