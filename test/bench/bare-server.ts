/** The yardstick: TLS, HTTP, JSON in, a constant out. `node bare-server.ts <file with cert, key, answer as JSON>` */
import { readFileSync } from 'node:fs';
import https from 'node:https';

const file = process.argv[2] ?? '';
const { cert, key, answer } = JSON.parse(readFileSync(file, 'utf8')) as Record<'cert' | 'key' | 'answer', string>;

const server = https.createServer({ cert, key, keepAliveTimeout: 125_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const review = JSON.parse(Buffer.concat(chunks).toString()) as { request?: { uid?: string } };
    response.statusCode = review.request?.uid ? 200 : 400;
    response.setHeader('content-type', 'application/json');
    response.end(answer);
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  process.stdout.write(`${JSON.stringify({ message: 'serving', port })}\n`);
});
