/** Identities in the AWS emulator, to be made before it enforces IAM. */
import { call } from './call.ts';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ACCOUNT = '123456789012';

/** May do what the actions say, on everything; without actions, nothing. */
export async function createUser(address: string, name: string, actions: readonly string[] = []): Promise<AwsKeys> {
  await iam(address, { Action: 'CreateUser', UserName: name });
  if (actions.length > 0)
    await iam(address, { Action: 'PutUserPolicy', UserName: name, PolicyName: 'main', PolicyDocument: allow(actions) });
  const xml = await iam(address, { Action: 'CreateAccessKey', UserName: name });
  return { accessKeyId: element(xml, 'AccessKeyId'), secretAccessKey: element(xml, 'SecretAccessKey') };
}

/** @returns its ARN */
export async function createRole(address: string, name: string, actions: readonly string[]): Promise<string> {
  await iam(address, { Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument: '{}' });
  await iam(address, { Action: 'PutRolePolicy', RoleName: name, PolicyName: 'main', PolicyDocument: allow(actions) });
  return `arn:aws:iam::${ACCOUNT}:role/${name}`;
}

function allow(actions: readonly string[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });
}

/** The emulator finds the service by the credential's scope; nobody checks the rest yet. */
async function iam(address: string, form: Readonly<Record<string, string>>): Promise<string> {
  const scope = 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x';
  const headers = { authorization: scope, 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ Version: '2010-05-08', ...form }).toString();
  const answer = await call('POST', `${address}/`, { headers, body });
  if (answer.status !== 200) throw new Error(`${form['Action']}: ${answer.status} ${answer.body}`);
  return answer.body;
}

function element(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}
