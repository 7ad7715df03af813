import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';

export interface Forwarded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ForwardedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Hands a request on unchanged, headers included. */
export async function forward(upstream: string, { method, path, headers, body }: Forwarded): Promise<ForwardedAnswer> {
  const onward = request(upstream + path, { method, headers, agent: false });
  const answered = once(onward, 'response') as Promise<[IncomingMessage]>;
  onward.end(body);
  const [answer] = await answered;
  const { 'transfer-encoding': _chunked, ...kept } = answer.headers;
  return { status: answer.statusCode ?? 0, headers: kept, body: await buffer(answer) };
}
