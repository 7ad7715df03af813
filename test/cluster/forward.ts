/**
 * The way from outside into a cluster's network namespace: a listener on the machine's loopback whose connections end
 * at an address inside. A socket belongs to the namespace that it was made in, so one process listens outside, and a
 * child of it, started inside, is handed each connection and goes on from there.
 *
 *     node forward.ts <namespace> <host port> <address> <port>
 */
import { spawn } from 'node:child_process';
import { connect, createServer, Socket } from 'node:net';
import { inside } from './network.ts';

const [namespace = '', hostPort = '', address = '', port = ''] = process.argv.slice(2);

if (process.send === undefined) outside();
else within();

function outside(): void {
  const again = inside(namespace, [process.execPath, import.meta.filename, namespace, hostPort, address, port]);
  const child = spawn(again[0] ?? '', again.slice(1), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const server = createServer({ pauseOnConnect: true }, (socket) => child.send('connection', socket));
  server.listen(Number(hostPort), '127.0.0.1');
  child.on('exit', () => process.exit(1));
  process.on('SIGTERM', () => {
    child.kill();
    process.exit(0);
  });
}

function within(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (_message, handle) => {
    if (!(handle instanceof Socket)) return;
    const onward = connect(Number(port), address);
    handle.pipe(onward).pipe(handle);
    handle.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => handle.destroy()).on('close', () => handle.destroy());
  });
}
