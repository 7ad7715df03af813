/** AssumeRoleWithWebIdentity: the one call of AWS that needs no signature, so no SDK either. */
import type { AwsIdentity, AwsSecretsManagerStore } from '../../../contract/agent-config.ts';
import { readToken } from '../shared/credentials.ts';
import { createHttpClient, type HttpAnswer, type HttpRequest } from '../shared/http.ts';
import { StoreError } from '../store.ts';
import { awsEndpoint } from './endpoint.ts';
import { codeFailure, serverFailure } from './failure.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

type WebIdentity = Extract<AwsIdentity, { kind: 'web-identity' }>;

/** @throws StoreError */
export async function assumeRole(
  store: AwsSecretsManagerStore,
  identity: WebIdentity,
  now: () => number,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const origin = store.stsEndpoint ?? awsEndpoint('sts', store.region);
  const http = createHttpClient({ origin, caPem: store.caPem, allowLoopback: store.allowLoopback === true });
  try {
    const answer = await http.send(requestFor(identity), signal);
    const failure = serverFailure(answer, now());
    if (failure) throw failure;
    return credentialsOf(answer);
  } finally {
    http.close();
  }
}

function requestFor({ roleArn, sessionName, tokenPath }: WebIdentity): HttpRequest {
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: readToken(tokenPath),
  }).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': `${Buffer.byteLength(body)}`,
  };
  return { method: 'POST', path: '/', headers, body };
}

function credentialsOf(answer: HttpAnswer): AwsCredentials {
  const xml = answer.body.toString('utf8');
  if (answer.status !== 200) throw codeFailure(element(xml, 'Code') ?? `status ${answer.status}`, answer.status);
  const accessKeyId = element(xml, 'AccessKeyId');
  const secretAccessKey = element(xml, 'SecretAccessKey');
  const sessionToken = element(xml, 'SessionToken');
  const expiresAt = Date.parse(element(xml, 'Expiration') ?? '');
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(expiresAt))
    throw new StoreError('malformed', 'the answer of STS holds no credentials: check the endpoint');
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt };
}

/** These elements hold plain characters only: no entity, no child. */
function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([^<&\\s]+)\\s*</${name}>`).exec(xml)?.[1];
}
