import { request as requestPlain, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly caPem?: string | undefined;
}

export interface CallAnswer {
  readonly status: number;
  readonly body: string;
}

/** The tests' own HTTP, apart from the agent's. */
export async function call(method: string, url: string, options: CallOptions = {}): Promise<CallAnswer> {
  const settings: RequestOptions = { method, agent: false, headers: { ...options.headers } };
  const { caPem } = options;
  const request = url.startsWith('https:')
    ? requestTls(url, caPem === undefined ? settings : { ...settings, ca: caPem })
    : requestPlain(url, settings);
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end(options.body);
  const [response] = await answered;
  return { status: response.statusCode ?? 0, body: await text(response) };
}
