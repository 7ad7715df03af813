/** What a status of Vault means. Its texts are never looked at: they differ between releases. */
import { retryAfterMs } from '../shared/retry-after.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { StoreError, type StoreFailure } from '../store.ts';

type Meaning = readonly [reason: StoreFailure, message: string];

const DENIED: Meaning = ['denied', 'check the role and its policy'];

const READ: Readonly<Record<number, Meaning>> = {
  400: ['configuration', 'Vault does not accept this path or parameter'],
  401: DENIED,
  403: DENIED,
  404: ['missing', 'no such secret'],
  405: ['configuration', 'this path cannot be read'],
};

const LOGIN: Readonly<Record<number, Meaning>> = {
  400: ['denied', 'login refused: check the role and its credentials'],
  401: ['denied', 'login refused: check the role and its credentials'],
  403: ['denied', 'login refused: check the auth path, the role, its bound names and the audience'],
  404: ['configuration', 'there is no such auth method: check the auth path'],
  405: ['configuration', 'there is no login at this auth path'],
};

const ANYWHERE: Readonly<Record<number, Meaning>> = {
  412: ['unreachable', 'Vault has not caught up with its own writes yet'],
  429: ['throttled', 'Vault asks for fewer calls'],
  503: ['unreachable', 'Vault is sealed, starting or under maintenance'],
};

export function readFailure(answer: HttpAnswer, now: number): StoreError {
  return failure(answer, now, READ);
}

export function loginFailure(answer: HttpAnswer, now: number): StoreError {
  return failure(answer, now, LOGIN);
}

function failure({ status, headers }: HttpAnswer, now: number, special: Readonly<Record<number, Meaning>>): StoreError {
  const [reason, message] = special[status] ?? ANYWHERE[status] ?? general(status);
  return new StoreError(reason, `${message} (${status})`, retryAfterMs(headers, now));
}

function general(status: number): Meaning {
  if (status >= 500) return ['unreachable', 'Vault failed'];
  return ['malformed', 'an answer that is not of Vault: check the address'];
}
