/** The SDK's client, with every setting given that it would otherwise look for in environment, files or metadata. */
import {
  GetSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
  type GetSecretValueCommandInput,
  type GetSecretValueCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import { member } from '../shared/exact-json.ts';
import type { HttpAnswer, HttpClient } from '../shared/http.ts';
import { serverFailure } from './failure.ts';
import type { AwsCredentials } from './sts.ts';

interface SecretsManagerSettings {
  readonly http: HttpClient;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly now: () => number;
}

export type GetSecretValue = (
  input: GetSecretValueCommandInput,
  signal: AbortSignal,
) => Promise<GetSecretValueCommandOutput>;

/** @returns a call that throws StoreError for what the network or a status tells, else the SDK's own errors. */
export function createGetSecretValue(settings: SecretsManagerSettings): GetSecretValue {
  const { endpoint, region, credentials } = settings;
  const client = new SecretsManagerClient({
    endpoint,
    region,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
    },
    authSchemePreference: ['sigv4'],
    defaultsMode: 'standard',
    defaultUserAgentProvider: async () => [['secrets-inject']],
    ignoreConfiguredEndpointUrls: true,
    maxAttempts: 1,
    requestHandler: handlerOver(settings),
    retryMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: async () => undefined,
  });
  client.middlewareStack.remove('recursionDetectionMiddleware');
  return (input, signal) => client.send(new GetSecretValueCommand(input), { abortSignal: signal });
}

/** AWS's code for what went wrong, or the bare status where its body told none; undefined where there was no refusal. */
export function awsCodeOf(error: unknown): { readonly code: string; readonly status: number } | undefined {
  const status = numberOrZero(member(member(error, '$metadata'), 'httpStatusCode'));
  if (error instanceof SecretsManagerServiceException) return { code: error.name, status };
  return status >= 400 ? { code: String(status), status } : undefined;
}

function numberOrZero(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

function handlerOver({ http, now }: SecretsManagerSettings) {
  return {
    async handle({ method, path, headers, body }: SdkRequest, { abortSignal }: { abortSignal: AbortSignal }) {
      const answer = await http.send({ method, path, headers, body }, abortSignal);
      const failure = serverFailure(answer, now());
      if (failure) throw failure;
      return { response: sdkResponse(answer) };
    },
    httpHandlerConfigs: () => ({}),
    updateHttpClientConfig: () => undefined,
  };
}

function sdkResponse({ status, headers, body }: HttpAnswer) {
  return { statusCode: status, headers, body };
}
