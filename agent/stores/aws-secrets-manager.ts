/** AWS Secrets Manager, as the Pod's role or with the keys that the Pod names. */
import type { AwsSecretsManagerStore } from '../../contract/agent-config.ts';
import { awsEndpoint } from './aws/endpoint.ts';
import { codeFailure, isStale } from './aws/failure.ts';
import { createIdentity, type Identity } from './aws/identity.ts';
import { awsCodeOf, createGetSecretValue, type GetSecretValue } from './aws/sdk.ts';
import type { AwsCredentials } from './aws/sts.ts';
import { createHttpClient } from './shared/http.ts';
import { refuseUnknownParams } from './shared/params.ts';
import { StoreError, type SecretRequest, type SecretValue, type Store, type StoreFactory } from './store.ts';

const createSecretsManagerStore: StoreFactory<AwsSecretsManagerStore> = (config, environment): Store => {
  const { region, caPem, allowLoopback } = config;
  const endpoint = config.endpoint ?? awsEndpoint('secretsmanager', region);
  const http = createHttpClient({ origin: endpoint, caPem, allowLoopback: allowLoopback === true });
  const identity = createIdentity(config, environment);
  const callAs = onePerCredentials((credentials) =>
    createGetSecretValue({ http, endpoint, region, credentials, now: environment.now }),
  );
  return {
    async read(request, signal) {
      refuseUnknownParams(request, ['version', 'stage']);
      return valueOf(await getAsPod(identity, callAs, request, signal));
    },
    remember: () => identity.remember(),
    close: () => http.close(),
  };
};

export default createSecretsManagerStore;

type CallAs = (credentials: AwsCredentials) => GetSecretValue;
type Answer = Awaited<ReturnType<GetSecretValue>>;

/** Credentials of an earlier pass may have ended before their time: then new ones, and once more. */
async function getAsPod(
  identity: Identity,
  callAs: CallAs,
  request: SecretRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const credentials = await identity.credentials(signal);
  try {
    return await get(callAs(credentials), request, signal);
  } catch (error) {
    const failed = awsCodeOf(error);
    const other = failed && isStale(failed.code) ? await identity.replace(credentials, signal) : undefined;
    if (other === undefined) throw explained(error);
    return get(callAs(other), request, signal).catch((again: unknown) => Promise.reject(explained(again)));
  }
}

function get(call: GetSecretValue, { name, params }: SecretRequest, signal: AbortSignal): Promise<Answer> {
  const { version, stage } = params;
  const input = {
    SecretId: name,
    ...(version === undefined ? {} : { VersionId: version }),
    ...(stage === undefined ? {} : { VersionStage: stage }),
  };
  return call(input, signal);
}

function valueOf({ SecretString, SecretBinary, VersionId }: Answer): SecretValue {
  const bytes = SecretString === undefined ? SecretBinary : Buffer.from(SecretString, 'utf8');
  if (bytes === undefined) throw new StoreError('malformed', 'the secret has neither a text nor a binary value');
  return { bytes, ...(VersionId === undefined ? {} : { version: VersionId }) };
}

/** The SDK's own message may quote the answer, and so the value: it goes no further. */
function explained(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const failed = awsCodeOf(error);
  if (failed) return codeFailure(failed.code, failed.status);
  const kind = error instanceof Error ? error.name : typeof error;
  if (kind === 'AbortError') return new StoreError('unreachable', 'AWS gave no complete answer in time');
  return new StoreError('malformed', `an answer that is not of AWS: check the endpoint of the store (${kind})`);
}

function onePerCredentials(make: CallAs): CallAs {
  const made = new Map<AwsCredentials, GetSecretValue>();
  return (credentials) => {
    const call = made.get(credentials) ?? make(credentials);
    made.set(credentials, call);
    return call;
  };
}
