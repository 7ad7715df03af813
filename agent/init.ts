/** The files once, then the end. */
import { firstSet, isDue, refreshSet, type Agent } from './agent.ts';
import type { AgentState } from './state.ts';

export async function init(agent: Agent): Promise<AgentState> {
  const state = await firstSet(agent);
  // Init containers run again with their Pod's sandbox: the files of the last time are good until better ones come.
  return agent.signal.aborted || !isDue(agent, state) ? state : refreshSet(agent, state);
}
