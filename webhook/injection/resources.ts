/** Requests and limits of the agent. A Pod that is Guaranteed stays so. */
import { PREFIX } from '../../contract/layout.ts';
import type { Settings } from '../../contract/annotations.ts';
import type { WebhookConfig } from '../config.ts';
import type { Parts } from './ours.ts';
import type { Container } from './pod.ts';
import type { Tell } from './problems.ts';

interface Amounts {
  readonly cpu: string;
  readonly memory: string;
}

export interface Resources {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

export function agentResources(
  parts: Parts,
  settings: Settings,
  usual: WebhookConfig['agent']['resources'],
  tell: Tell,
): Resources {
  const limits = {
    cpu: settings['agent-cpu-limit'] ?? atLeast(usual.cpuLimit, settings['agent-cpu-request']),
    memory: settings['agent-memory-limit'] ?? atLeast(usual.memoryLimit, settings['agent-memory-request']),
  };
  if (parts.app.every(({ container }) => isGuaranteed(container))) return { requests: limits, limits };
  const requests = {
    cpu: settings['agent-cpu-request'] ?? atMost(usual.cpuRequest, limits.cpu),
    memory: settings['agent-memory-request'] ?? atMost(usual.memoryRequest, limits.memory),
  };
  for (const kind of ['cpu', 'memory'] as const)
    if (amount(requests[kind]) > amount(limits[kind]))
      tell(`${PREFIX}agent-${kind}-request`, `${requests[kind]} is more than agent-${kind}-limit, ${limits[kind]}`);
  return { requests, limits };
}

function isGuaranteed({ requests, limits }: Container): boolean {
  return (['cpu', 'memory'] as const).every((kind) => {
    const limit = limits?.[kind];
    return limit !== undefined && amount(limit) === amount(requests?.[kind] ?? limit);
  });
}

function atLeast(usual: string, wanted: string | undefined): string {
  return wanted !== undefined && amount(wanted) > amount(usual) ? wanted : usual;
}

function atMost(usual: string, limit: string): string {
  return amount(usual) > amount(limit) ? limit : usual;
}

const DECIMAL = { n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
const BINARY = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 };
const UNITS: Readonly<Record<string, number>> = { ...DECIMAL, ...BINARY };

/** NaN, which equals and exceeds nothing, for what is no quantity. */
function amount(quantity: string): number {
  const [, digits = '', unit = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? [];
  return Number(digits || Number.NaN) * (UNITS[unit] ?? Number.NaN);
}
