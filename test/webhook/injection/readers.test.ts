import { describe, expect, it } from 'vitest';
import { decodeAgentConfig } from '../../../contract/agent-config.ts';
import { CONTAINER } from '../../../contract/layout.ts';
import { ASKS, denial, injected, named, podWith, type Json } from '../pods.ts';

function agentOf(annotations: Record<string, string>, spec: Json): Json {
  return named(injected(podWith(annotations, spec)), 'initContainers', CONTAINER.sidecar) ?? {};
}

function uidOf(agent: Json): unknown {
  return (agent['securityContext'] as Json)['runAsUser'];
}

function modeOf(agent: Json): number | undefined {
  const env = agent['env'] as { name: string; value: string }[];
  return decodeAgentConfig(Object.fromEntries(env.map(({ name, value }) => [name, value]))).files[0]?.mode;
}

const user = (runAsUser: number) => ({ securityContext: { runAsUser } });
const two = (first: Json, second: Json) => ({
  containers: [
    { name: 'app', ...first },
    { name: 'b', ...second },
  ],
});

const file = (mode: string) => ({ ...ASKS, 'secrets.inject/file-mode.password': mode });

const shared = (spec: Json) => ({ shareProcessNamespace: true, ...spec });

describe('the uid of the agent and the mode of files', () => {
  it.each<[string, Json, number, number]>([
    ['no uid known', {}, 65532, 0o444],
    ['one uid of the Pod', user(1000), 1000, 0o440],
    ['one uid of all containers', two(user(7), user(7)), 7, 0o440],
    ['uids that differ', two(user(7), user(8)), 65532, 0o444],
    ['a container that overrides the Pod', { ...two(user(7), {}), ...user(8) }, 65532, 0o444],
    ['root', user(0), 65532, 0o444],
    ['an fsGroup', { securityContext: { fsGroup: 5 } }, 65532, 0o440],
    ['an fsGroup and root', { securityContext: { fsGroup: 5, runAsUser: 0 } }, 65532, 0o440],
  ])('with %s', (_what, spec, uid, mode) => {
    const agent = agentOf(ASKS, spec);

    expect([uidOf(agent), modeOf(agent)]).toEqual([uid, mode]);
  });

  it('only the selected containers count', () => {
    const agent = agentOf({ ...ASKS, 'secrets.inject/containers': 'app' }, two(user(7), user(8)));

    expect([uidOf(agent), modeOf(agent)]).toEqual([7, 0o440]);
  });
});

describe('modes that are asked for', () => {
  it.each<[string, Json, string]>([
    ['0400', user(1000), ''],
    ['0400', {}, 'secrets.inject/file-mode.password: with mode 0400'],
    ['0400', { securityContext: { fsGroup: 5 } }, 'with mode 0400'],
    ['0440', { securityContext: { fsGroup: 5 } }, ''],
    ['0400', { securityContext: { fsGroup: 5, runAsUser: 1000 } }, ''],
    ['0040', { securityContext: { fsGroup: 5, runAsUser: 1000 } }, 'with mode 040'],
    ['0440', {}, 'use 0444, or 0440 with an fsGroup'],
    ['0444', {}, ''],
    ['0044', user(1000), 'with mode 044'],
  ])('%s with %j', (mode, spec, message) => {
    const said = denial(podWith(file(mode), spec));

    expect(message === '' ? said === '' : said.includes(message)).toBe(true);
  });

  it('hold for all files, and for one file above all', () => {
    const all = { ...ASKS, 'secrets.inject/file-mode': '0400' };

    expect(modeOf(agentOf(all, user(9)))).toBe(0o400);
    expect(modeOf(agentOf({ ...all, 'secrets.inject/file-mode.password': '0444' }, user(9)))).toBe(0o444);
    expect(denial(podWith(all))).toContain('secrets.inject/file-mode: with mode 0400');
  });
});

describe('processes that are shared', () => {
  it('keep the agent apart from every app container', () => {
    expect(uidOf(agentOf(ASKS, shared(user(1000))))).toBe(65532);
  });

  it.each<[Json, string]>([
    [{}, 'has no known runAsUser'],
    [user(0), 'runs as uid 0'],
    [user(65532), 'runs as uid 65532'],
    [{ ...two(user(7), {}) }, 'container b has no known runAsUser'],
  ])('with %j are refused', (spec, message) => {
    expect(denial(podWith(ASKS, shared(spec)))).toContain(message);
  });

  it('do no harm where the agent keeps nothing', () => {
    expect(denial(podWith({ 'secrets.inject/file.x': 'file:x' }, shared({})))).toBe('');
  });
});
