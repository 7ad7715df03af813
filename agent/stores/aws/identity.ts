/** The credentials of the one identity that the message names. Nothing else is ever looked for. */
import type { AwsIdentity, AwsSecretsManagerStore } from '../../../contract/agent-config.ts';
import { readCredential, readOptionalCredential } from '../shared/credentials.ts';
import { member } from '../shared/exact-json.ts';
import { shared } from '../shared/shared.ts';
import type { Remembered, StoreEnvironment } from '../store.ts';
import { assumeRole, type AwsCredentials } from './sts.ts';

export interface Identity {
  /** @throws StoreError */
  credentials(signal: AbortSignal): Promise<AwsCredentials>;
  /** AWS calls these invalid. @returns new ones where these are of an earlier pass, else undefined. @throws StoreError */
  replace(refused: AwsCredentials, signal: AbortSignal): Promise<AwsCredentials | undefined>;
  remember(): Remembered;
}

/** Credentials that end this soon are not used any more. */
const MARGIN_MS = 300_000;

export function createIdentity(store: AwsSecretsManagerStore, { now, remembered }: StoreEnvironment): Identity {
  const { identity } = store;
  let held = identity.kind === 'static' ? undefined : recall(remembered);
  let fresh = false;
  const obtain = shared(async (signal: AbortSignal) => {
    const credentials =
      identity.kind === 'static' ? readStatic(identity) : await assumeRole(store, identity, now, signal);
    held = credentials;
    fresh = true;
    return credentials;
  });
  const isUsable = ({ expiresAt }: AwsCredentials) => expiresAt === undefined || expiresAt - now() > MARGIN_MS;
  return {
    credentials: async (signal) => (held !== undefined && (fresh || isUsable(held)) ? held : obtain(signal)),
    async replace(refused, signal) {
      if (held !== refused) return held;
      return fresh ? undefined : obtain(signal);
    },
    remember: () => (identity.kind === 'static' || held === undefined ? {} : { credentials: held }),
  };
}

function readStatic({ credentials: folder }: Extract<AwsIdentity, { kind: 'static' }>): AwsCredentials {
  const accessKeyId = readCredential(folder, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = readCredential(folder, 'AWS_SECRET_ACCESS_KEY');
  const sessionToken = readOptionalCredential(folder, 'AWS_SESSION_TOKEN');
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function recall(remembered: Remembered | undefined): AwsCredentials | undefined {
  const kept = member(remembered, 'credentials');
  const accessKeyId = member(kept, 'accessKeyId');
  const secretAccessKey = member(kept, 'secretAccessKey');
  const sessionToken = member(kept, 'sessionToken');
  const expiresAt = member(kept, 'expiresAt');
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined;
  if (typeof sessionToken !== 'string' || typeof expiresAt !== 'number') return undefined;
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt };
}
