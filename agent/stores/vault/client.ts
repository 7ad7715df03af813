/** One call to Vault: headers, namespace, JSON both ways. */
import type { VaultStore } from '../../../contract/agent-config.ts';
import { createHttpClient, type HttpAnswer } from '../shared/http.ts';
import { parseExactJson } from '../shared/exact-json.ts';
import { StoreError } from '../store.ts';

export interface VaultCall {
  readonly method: 'GET' | 'POST';
  /** Under `/v1/`, encoded. */
  readonly path: string;
  readonly token?: string;
  readonly body?: Readonly<Record<string, string>>;
}

export interface VaultClient {
  /** Any status but a redirect is an answer. @throws StoreError */
  call(call: VaultCall, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

export function createVaultClient(store: VaultStore): VaultClient {
  const { address: origin, caPem, allowLoopback, namespace } = store;
  const http = createHttpClient({ origin, caPem, allowLoopback: allowLoopback === true });
  return {
    call({ method, path, token, body }, signal) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        'x-vault-request': 'true',
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(token === undefined ? {} : { 'x-vault-token': token }),
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` }),
      };
      return http.send({ method, path: `/v1/${path}`, headers, ...(text === undefined ? {} : { body: text }) }, signal);
    },
    close: () => http.close(),
  };
}

/** @throws StoreError where the answer is not JSON: a proxy or another server answered. */
export function jsonOf(answer: HttpAnswer): unknown {
  try {
    return parseExactJson(answer.body.toString('utf8'));
  } catch {
    throw new StoreError('malformed', `an answer that is not JSON (${answer.status}): check the address of the store`);
  }
}

/** `/` stays, everything that means something in a URL is encoded. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
