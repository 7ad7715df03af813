import { describe, expect, it } from 'vitest';
import { callKey } from '../../agent/calls.ts';
import { AGENT_METRICS, renderMetrics } from '../../agent/metrics.ts';
import { emptyState, type AgentState, type CallState } from '../../agent/state.ts';
import { file, makeConfig, reference } from './support.ts';

const GOOD: CallState = { dueAt: 0, successes: 3, errors: 1, failures: 0, lastSuccessAt: 1_800_000_000_500 };
const BAD: CallState = { dueAt: 0, successes: 1, errors: 2, failures: 2, lastSuccessAt: 1_700_000_000_000 };

function render(names: Record<string, CallState>, nameLabels = true): string[] {
  const config = makeConfig(
    Object.keys(names).map((name) => file(name, `web:${name}`)),
    { nameLabels },
  );
  const calls = Object.entries(names).map(([name, call]) => [callKey(reference(`web:${name}`)), call] as const);
  const state: AgentState = { ...emptyState(config), calls: Object.fromEntries(calls) };
  return renderMetrics(config, state)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the metrics', () => {
  it('tell of each secret how often it was read, whether that went well, and when', () => {
    expect(render({ db: GOOD })).toEqual([
      'secrets_inject_sync_calls_total{namespace="shop",backend="file",name="db",status="success"} 3',
      'secrets_inject_sync_calls_total{namespace="shop",backend="file",name="db",status="error"} 1',
      'secrets_inject_last_state{namespace="shop",backend="file",name="db"} 1',
      'secrets_inject_last_success_timestamp_seconds{namespace="shop",backend="file",name="db"} 1800000000.5',
    ]);
  });

  it('show the worst where names may not be told', () => {
    expect(render({ db: GOOD, other: BAD }, false)).toEqual([
      'secrets_inject_sync_calls_total{namespace="shop",backend="file",status="success"} 4',
      'secrets_inject_sync_calls_total{namespace="shop",backend="file",status="error"} 3',
      'secrets_inject_last_state{namespace="shop",backend="file"} -1',
      'secrets_inject_last_success_timestamp_seconds{namespace="shop",backend="file"} 1700000000',
    ]);
  });

  it('cut long names and escape what would break a line', () => {
    const [line] = render({ 'a"b\\c\nd': GOOD });
    const [long] = render({ ['n'.repeat(300)]: GOOD });

    expect(line).toContain(String.raw`name="a\"b\\c\nd"`);
    expect(long).toContain(`name="${'n'.repeat(200)}"`);
  });

  it('come with help and type, and only with the labels of their table', () => {
    const config = makeConfig([file('a', 'web:a')]);
    const text = renderMetrics(config, emptyState(config));

    for (const { name, type, help } of AGENT_METRICS) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
    }
    for (const line of render({ db: GOOD })) {
      const metric = AGENT_METRICS.find(({ name }) => line.startsWith(`${name}{`));
      expect([...line.matchAll(/(\w+)="/g)].map(([, label]) => label)).toEqual(metric?.labels);
    }
  });
});
