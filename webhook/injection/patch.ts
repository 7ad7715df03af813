/** From a plan to a JSON patch (RFC 6902) that adds elements of ours, repairs them, and touches nothing else. */
import { PREFIX } from '../../contract/layout.ts';
import type { AgentContainer } from './containers.ts';
import { isAgent, isFilesMount, type Parts } from './ours.ts';
import type { Plan } from './plan.ts';
import type { ContainerList, Placed, Pod } from './pod.ts';
import type { Tell } from './problems.ts';
import { isSameContainer, isSameKindOfVolume, isSameVolume } from './same.ts';

export interface Operation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

const STATUS_KEY = `${PREFIX}status`;
const STATUS_INJECTED = 'injected';

/** Empty where the Pod is already as planned. Tells what of ours stands where it cannot be repaired. */
export function patchFor(pod: Pod, parts: Parts, plan: Plan, tell: Tell): Operation[] {
  tellLeftovers(pod, parts, plan, tell);
  // An insertion moves what comes after it: mounts and repairs, which go by index, come first.
  return [
    ...plan.targets.flatMap((placed) => mountOperations(placed, plan)),
    ...volumeOperations(pod, plan, tell),
    ...containerOperations(pod, parts, 'initContainers', plan.init, plan.order),
    ...(plan.sidecar ? containerOperations(pod, parts, 'containers', plan.sidecar, 'last') : []),
    ...statusOperations(pod),
  ];
}

function mountOperations({ list, index, container }: Placed, { mount }: Plan): Operation[] {
  const mounts = container.volumeMounts;
  if (mounts?.some((known) => isFilesMount(known, mount.mountPath))) return [];
  return [append(`/spec/${list}/${index}/volumeMounts`, mounts, mount)];
}

function volumeOperations(pod: Pod, plan: Plan, tell: Tell): Operation[] {
  const volumes = pod.spec.volumes;
  const missing = plan.volumes.filter((wanted) => !volumes?.some(({ name }) => name === wanted.name));
  const repairs = plan.volumes.flatMap((wanted): Operation[] => {
    const index = volumes?.findIndex(({ name }) => name === wanted.name) ?? -1;
    const found = volumes?.[index];
    if (!found?.ours || isSameVolume(wanted, found.ours)) return [];
    if (!isSameKindOfVolume(wanted, found.ours))
      tell(`volume ${wanted.name}`, 'has a name that is kept for the agent: give it another one');
    return [{ op: 'replace', path: `/spec/volumes/${index}`, value: wanted }];
  });
  if (missing.length === 0) return repairs;
  if (!volumes) return [{ op: 'add', path: '/spec/volumes', value: missing }];
  return [...repairs, ...missing.map((wanted) => append('/spec/volumes', volumes, wanted))];
}

function containerOperations(
  pod: Pod,
  parts: Parts,
  list: ContainerList,
  wanted: AgentContainer,
  order: Plan['order'],
): Operation[] {
  const found = parts.agents.find((agent) => agent.list === list && agent.container.name === wanted.name);
  const path = `/spec/${list}`;
  if (found)
    return isSameContainer(wanted, found.container.agent ?? {})
      ? []
      : [{ op: 'replace', path: `${path}/${found.index}`, value: wanted }];
  const present = pod.spec[list];
  return [
    present && order === 'first' ? { op: 'add', path: `${path}/0`, value: wanted } : append(path, present, wanted),
  ];
}

/** What an earlier injection with other annotations left, e.g. in a manifest that was taken from a live Pod. */
function tellLeftovers(pod: Pod, parts: Parts, plan: Plan, tell: Tell): void {
  const stale = 'is left from an earlier injection that the annotations no longer ask for: remove it';
  for (const { list, container } of parts.agents) {
    const wanted = list === 'initContainers' ? plan.init : plan.sidecar;
    if (isAgent(container) && container.name !== wanted?.name) tell(`container ${container.name}`, stale);
  }
  for (const { name, ours } of pod.spec.volumes ?? [])
    if (ours && !plan.volumes.some((wanted) => wanted.name === name)) tell(`volume ${name}`, stale);
}

function statusOperations({ metadata: { annotations } }: Pod): Operation[] {
  if (annotations[STATUS_KEY] === STATUS_INJECTED) return [];
  return [{ op: 'add', path: `/metadata/annotations/${pointerSegment(STATUS_KEY)}`, value: STATUS_INJECTED }];
}

/** At the end of a list, which may still be absent or null. */
function append(path: string, list: readonly unknown[] | null | undefined, value: unknown): Operation {
  return list ? { op: 'add', path: `${path}/-`, value } : { op: 'add', path, value: [value] };
}

function pointerSegment(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
