/** As whom the agent speaks to stores: tokens of the Pod's ServiceAccount, or keys from a Secret. Nothing else. */
import { AGENT_PATH } from '../../../contract/layout.ts';
import type { WebhookConfig } from '../../config.ts';
import type { Tell } from '../problems.ts';

export interface PodIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly serviceAccountAnnotations: Readonly<Record<string, string>>;
  /** From the setting `credentials-secret`. */
  readonly credentialsSecret?: string | undefined;
}

/** One token per audience, for the one projected volume. */
export interface TokenRequest {
  readonly audience: string;
  /** File in the tokens volume. */
  readonly file: string;
}

/** What stores are resolved with; `tokens` grows as they ask. */
export interface StoreContext {
  readonly config: WebhookConfig;
  readonly identity: PodIdentity;
  readonly tokens: TokenRequest[];
  readonly tell: Tell;
}

/** @returns where the agent finds a token of this audience */
export function tokenPath({ tokens }: StoreContext, audience: string): string {
  let token = tokens.find((known) => known.audience === audience);
  if (!token) {
    token = { audience, file: `token-${tokens.length}` };
    tokens.push(token);
  }
  return `${AGENT_PATH.tokens}/${token.file}`;
}
