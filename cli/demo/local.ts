/** The whole road of a secret on this machine: webhook, admission, agent, files, change, outage. */
import { startAgent, type RunningAgent } from './running-agent.ts';
import { createClusterIdentity } from './cluster-identity.ts';
import { startLocalStore } from './local-store.ts';
import type { Screen } from './screen.ts';
import * as steps from './steps.ts';
import { startDemoWebhook } from './webhook.ts';
import { createWorkspace } from './workspace.ts';

export interface LocalDemo {
  readonly screen: Screen;
  /** The agent's program and its first arguments. */
  readonly agentCommand: readonly string[];
}

/** @throws DemoFailure at the first claim that is not so */
export async function runLocalDemo({ screen, agentCommand }: LocalDemo): Promise<void> {
  await using ends = new AsyncDisposableStack();
  const identity = createClusterIdentity();
  const store = await startLocalStore(identity);
  ends.defer(() => store.kill());
  await steps.showStore(screen, store);
  const webhook = await startDemoWebhook(store.address);
  ends.defer(() => webhook.stop());
  await steps.showWebhook(screen, webhook);
  const { pod } = await steps.sendPod(screen, webhook);
  const workspace = createWorkspace();
  ends.defer(() => workspace.remove());
  steps.mountTokens(screen, { pod, identity, workspace });
  const agent: RunningAgent = startAgent(pod, agentCommand, workspace);
  ends.defer(async () => void (await agent.stop()));
  const scene = { screen, store, workspace, agent };
  await steps.showFiles(scene);
  await steps.changeSecret(scene);
  await steps.loseStore(scene);
  await steps.endAgent(scene);
}
