/** What AWS's error codes mean. Its texts and request ids are never looked at nor shown. */
import { retryAfterMs } from '../shared/retry-after.ts';
import type { HttpAnswer } from '../shared/http.ts';
import { StoreError, type StoreFailure } from '../store.ts';

type Meaning = readonly [reason: StoreFailure, message: string];

const STALE: Meaning = ['denied', 'the credentials are not valid or have expired'];
const THROTTLED: Meaning = ['throttled', 'AWS asks for fewer calls'];
const NO_RIGHT: Meaning = ['denied', 'check the policies of the role and of the secret'];

const BY_CODE: Readonly<Record<string, Meaning>> = {
  ResourceNotFoundException: ['missing', 'no such secret, version or stage'],
  InvalidRequestException: ['disabled', 'the secret is marked for deletion or cannot be read'],
  InvalidParameterException: ['configuration', 'AWS does not accept this name, version or stage'],
  ValidationException: ['configuration', 'AWS does not accept this name, version or stage'],
  ValidationError: ['configuration', 'AWS does not accept the role or the session name'],
  RegionDisabledException: ['configuration', 'this region is not activated in the account'],
  DecryptionFailure: ['denied', 'the secret cannot be decrypted: check the KMS key and its policy'],
  AccessDeniedException: NO_RIGHT,
  AccessDenied: ['denied', "the role refused the Pod's token: check its trust policy"],
  InvalidIdentityToken: ['denied', "the role refused the Pod's token: check issuer and audience"],
  IDPRejectedClaim: ['denied', "the role refused the Pod's token: check issuer and audience"],
  IDPCommunicationError: ['unreachable', "AWS cannot reach the cluster's token issuer"],
  ExpiredTokenException: STALE,
  ExpiredToken: STALE,
  UnrecognizedClientException: STALE,
  InvalidClientTokenId: STALE,
  InvalidSignatureException: ['denied', 'the signature does not fit: check the secret access key and the clock'],
  IncompleteSignature: STALE,
  MissingAuthenticationToken: STALE,
  ThrottlingException: THROTTLED,
  Throttling: THROTTLED,
  TooManyRequestsException: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  InternalServiceError: ['unreachable', 'AWS failed'],
};

export function codeFailure(code: string, status: number): StoreError {
  const [reason, message] = BY_CODE[code] ?? byStatus(status);
  return new StoreError(reason, `${message} (${code})`);
}

/** What is told by status alone, whatever the body says; undefined for all else. */
export function serverFailure({ status, headers }: HttpAnswer, now: number): StoreError | undefined {
  if (status === 429) return new StoreError('throttled', 'AWS asks for fewer calls (429)', retryAfterMs(headers, now));
  if (status >= 500) return new StoreError('unreachable', `AWS failed (${status})`, retryAfterMs(headers, now));
  return undefined;
}

/** Whether other credentials of the same identity may do. */
export function isStale(code: string): boolean {
  return BY_CODE[code] === STALE;
}

function byStatus(status: number): Meaning {
  if (status === 401 || status === 403) return NO_RIGHT;
  return ['malformed', 'an answer that is not of AWS: check the endpoint of the store'];
}
