/** The files, kept current until the container ends. */
import { firstSet, refreshSet, type Agent } from './agent.ts';
import { untilDue } from './pass.ts';
import { sleep } from './sleep.ts';
import type { AgentState } from './state.ts';

export async function refresh(agent: Agent): Promise<AgentState> {
  let state = await firstSet(agent);
  if (!agent.signal.aborted) await listen(agent, () => state);
  while (!agent.signal.aborted) {
    await sleep(untilDue(agent.config, state, agent.now()), agent.signal);
    if (!agent.signal.aborted && untilDue(agent.config, state, agent.now()) === 0)
      state = await refreshSet(agent, state);
  }
  return state;
}

/** Loaded only now: the app waits for its files, nobody waits for a listener. */
async function listen(agent: Agent, state: () => AgentState): Promise<void> {
  if (agent.config.port === 0) return;
  const { serveHealth } = await import('./health.ts');
  serveHealth(agent, state);
}
