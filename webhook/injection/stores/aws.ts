/** From what the Pod asks and the operator allows to what the agent needs for AWS Secrets Manager. */
import { AGENT_PATH, PREFIX } from '../../../contract/layout.ts';
import type { AwsIdentity, AwsSecretsManagerStore } from '../../../contract/agent-config.ts';
import type { StoreRequest } from '../../../contract/request.ts';
import { tokenPath, type StoreContext } from './identity.ts';
import { listedAddress, trustOf } from './remote.ts';

const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';
const ROLE_ARN = /^arn:aws[-a-z]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;

/** What AWS allows in the name of a session, and how much of it. */
const NOT_IN_SESSION = /[^\w+=,.@-]/g;
const SESSION_LENGTH = 64;

export function awsStore(request: StoreRequest, context: StoreContext): AwsSecretsManagerStore | undefined {
  const { config, tell } = context;
  const region = request.options['region'] ?? config.aws.region;
  if (region === undefined) tell(request.origin, `no region: set ${PREFIX}aws.region`);
  const endpoint = awsEndpoint(request, context);
  const identity = awsIdentity(request, context);
  if (region === undefined || endpoint === undefined || identity === undefined) return undefined;
  const { stsEndpoint } = config.aws;
  return {
    backend: 'aws-secrets-manager',
    region,
    ...endpoint,
    ...(stsEndpoint !== undefined && { stsEndpoint: new URL(stsEndpoint).origin }),
    identity,
  };
}

type Endpoint = Pick<AwsSecretsManagerStore, 'endpoint' | 'caPem' | 'allowLoopback'>;

function awsEndpoint({ options, origin }: StoreRequest, { config: { aws }, tell }: StoreContext): Endpoint | undefined {
  const address = options['endpoint'] ?? aws.endpoint;
  if (address === undefined) return {};
  const listed = listedAddress(aws.endpoints, address, 'aws.endpoints');
  if ('entry' in listed) return { endpoint: new URL(listed.entry.url).origin, ...trustOf(listed.entry) };
  tell(options['endpoint'] === undefined ? origin : `${PREFIX}aws.endpoint`, listed.problem);
  return undefined;
}

function awsIdentity({ options, origin }: StoreRequest, context: StoreContext): AwsIdentity | undefined {
  const { identity, tell } = context;
  const wanted = options['role-arn'];
  const own = identity.serviceAccountAnnotations[ROLE_ANNOTATION];
  const isStatic = identity.credentialsSecret !== undefined;
  if (wanted !== undefined && (isStatic || (own !== undefined && own !== wanted))) {
    tell(origin, 'assuming a role from another one is not available yet: leave role-arn out');
    return undefined;
  }
  if (isStatic) return { kind: 'static', credentials: AGENT_PATH.credentials };
  const roleArn = wanted ?? own;
  if (roleArn !== undefined && ROLE_ARN.test(roleArn)) return webIdentity(roleArn, context);
  tell(origin, roleArn === undefined ? noIdentity(identity.serviceAccount) : badRole(identity.serviceAccount));
  return undefined;
}

function webIdentity(roleArn: string, context: StoreContext): AwsIdentity {
  const { namespace, serviceAccount } = context.identity;
  return {
    kind: 'web-identity',
    roleArn,
    tokenPath: tokenPath(context, context.config.aws.audience),
    sessionName: `${namespace}.${serviceAccount}`.replaceAll(NOT_IN_SESSION, '-').slice(0, SESSION_LENGTH),
  };
}

function noIdentity(serviceAccount: string): string {
  return `no identity for AWS: annotate ServiceAccount ${serviceAccount} with ${ROLE_ANNOTATION}, or set ${PREFIX}aws.role-arn or ${PREFIX}credentials-secret`;
}

function badRole(serviceAccount: string): string {
  return `the annotation ${ROLE_ANNOTATION} of ServiceAccount ${serviceAccount} is no ARN of a role: correct it`;
}
