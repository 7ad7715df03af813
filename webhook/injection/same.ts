/** Whether what stands in a Pod is what we would put there, in spite of defaults and of what other webhooks add. */
import { isOurVolume } from './names.ts';
import type { AgentContainer } from './containers.ts';
import type { AgentVolume } from './volumes.ts';

/** Fields that the API server fills in. */
const DEFAULTED = new Set(['resizePolicy']);
const HARMLESS_SECURITY = new Set(['appArmorProfile', 'procMount', 'seLinuxOptions']);

type Fields = Readonly<Record<string, unknown>>;

export function isSameContainer(wanted: AgentContainer, found: Fields): boolean {
  return (
    Object.keys(found).every((key) => Object.hasOwn(wanted, key) || DEFAULTED.has(key)) &&
    Object.entries(wanted).every(([key, value]) => (COMPARE[key] ?? covers)(value, found[key]))
  );
}

export function isSameVolume(wanted: AgentVolume, found: Fields): boolean {
  return Object.keys(found).length === Object.keys(wanted).length && covers(wanted, found);
}

/** A volume of the same kind may be made anew; another kind is somebody else's. */
export function isSameKindOfVolume(wanted: AgentVolume, found: Fields): boolean {
  return Object.keys(wanted).every((key) => Object.hasOwn(found, key));
}

const COMPARE: Readonly<Record<string, (wanted: unknown, found: unknown) => boolean>> = {
  // Autoscalers and limit ranges have a say there.
  resources: () => true,
  env: (wanted, found) => asList(wanted).every((item) => asList(found).some((other) => covers(item, other))),
  volumeMounts: (wanted, found) =>
    asList(wanted).every((item) => asList(found).some((other) => covers(item, other))) &&
    asList(found).every(
      (other) => !isOurVolume(String(other['name'])) || asList(wanted).some((item) => covers(item, other)),
    ),
  securityContext: (wanted, found) =>
    isFields(wanted) &&
    isFields(found) &&
    Object.keys(found).every((key) => Object.hasOwn(wanted, key) || HARMLESS_SECURITY.has(key)) &&
    Object.entries(wanted).every(([key, value]) => equals(value, found[key])),
};

/** Equal, or richer: further members of maps are defaults. */
function covers(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(found) && wanted.length === found.length && wanted.every((item, i) => covers(item, found[i]));
  if (isFields(wanted))
    return isFields(found) && Object.entries(wanted).every(([key, value]) => covers(value, found[key]));
  return wanted === found;
}

function equals(wanted: unknown, found: unknown): boolean {
  return covers(wanted, found) && covers(found, wanted);
}

function asList(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
