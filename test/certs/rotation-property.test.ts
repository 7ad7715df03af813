import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Leaf, Material } from '../../certs/material.ts';
import { INITIAL_STATE, step } from '../../certs/rotation.ts';
import type { RotationAction, RotationEvent, RotationState } from '../../certs/rotation.ts';
import { checkedTimes } from '../../certs/times.ts';
import { paperIssue } from './support/paper.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TIMES = checkedTimes({ leafLife: 10 * HOUR, authorityLife: 60 * HOUR, backdate: HOUR, settle: 25 * MINUTE });
const T0 = Date.UTC(2030, 0, 1);

/** One cluster on paper: the shared Secret, one bundle, what API servers may still hold of it, and some replicas. */
interface World {
  now: number;
  secret: { version: number; material?: Material; broken?: boolean };
  bundle: Set<string>;
  /** Bundles of the last 20 minutes: an API server may hold any of these. */
  stale: { until: number; bundle: Set<string> }[];
  replicas: RotationState[];
}

type Fault = 'none' | 'restart' | 'delete' | 'corrupt' | 'empty-bundle' | 'rollback' | 'no-write';

const newWorld = (replicas: number): World => ({
  now: T0,
  secret: { version: 0 },
  bundle: new Set(),
  stale: [],
  replicas: Array<RotationState>(replicas).fill(INITIAL_STATE),
});

function runReplica(world: World, index: number, mayWrite: boolean): void {
  const events: RotationEvent[] = [{ kind: 'look' }];
  for (let event = events.shift(); event !== undefined; event = events.shift()) {
    const stepped = step(world.replicas[index] ?? INITIAL_STATE, event, world.now, TIMES);
    world.replicas[index] = stepped.state;
    events.push(...stepped.actions.map((action) => perform(world, action, mayWrite)));
  }
}

function perform(world: World, action: RotationAction, mayWrite: boolean): RotationEvent {
  switch (action.do) {
    case 'read-secret':
      return secretEvent(world);
    case 'write-secret': {
      if (!mayWrite) return { kind: 'secret-unreadable' };
      const material = paperIssue(action.change, action.base, world.now, TIMES);
      world.secret = { version: world.secret.version + 1, material };
      return secretEvent(world);
    }
    case 'publish':
      return publishOn(
        world,
        action.trusted.map(({ id }) => id),
        mayWrite,
      );
    case 'serve':
      return { kind: 'served', leaf: action.leaf };
    default:
      return action satisfies never;
  }
}

function secretEvent({ secret: { version, material, broken = false } }: World): RotationEvent {
  if (broken) return { kind: 'secret', version: String(version), content: { kind: 'corrupt' } };
  if (material === undefined) return { kind: 'secret', content: { kind: 'absent' } };
  return { kind: 'secret', version: String(version), content: { kind: 'valid', material } };
}

function publishOn(world: World, wanted: string[], mayWrite: boolean): RotationEvent {
  const complete = wanted.every((id) => world.bundle.has(id));
  if (!complete && !mayWrite) return { kind: 'bundles', outcome: 'failed', published: [...world.bundle] };
  if (!complete) changeBundle(world, new Set([...world.bundle, ...wanted]));
  return { kind: 'bundles', outcome: complete ? 'found' : 'written', published: wanted };
}

function changeBundle(world: World, bundle: Set<string>): void {
  world.stale = world.stale.filter(({ until }) => until >= world.now);
  world.stale.push({ until: world.now + 20 * MINUTE, bundle: world.bundle });
  world.bundle = bundle;
}

/** Alternate sensible runs: everybody looks once a minute; faults come in between. */
function live(world: World, fault: Fault, backup: Material | undefined): void {
  world.now += MINUTE;
  if (fault === 'delete') world.secret = { version: world.secret.version };
  if (fault === 'corrupt') world.secret = { ...world.secret, broken: true };
  if (fault === 'rollback' && backup) world.secret = { version: world.secret.version + 1, material: backup };
  if (fault === 'empty-bundle') world.bundle = new Set();
  if (fault === 'restart' && world.replicas.length > 1) world.replicas[0] = INITIAL_STATE;
  // The one with memory looks first: watches are faster than starts.
  for (let index = world.replicas.length - 1; index >= 0; index -= 1) runReplica(world, index, fault !== 'no-write');
}

const leaves = ({ replicas }: World): Leaf[] => replicas.flatMap(({ served }) => served ?? []);

/** Bundles that an API server may hold now; an emptied one serves nobody, whatever we do. */
function possibleBundles({ now, stale, bundle }: World): Set<string>[] {
  const late = stale.filter(({ until }) => until >= now).map(({ bundle }) => bundle);
  return [...late, bundle].filter(({ size }) => size > 0);
}

/** What is wrong in this minute; nothing else may ever be answered than an empty list. */
function violations(world: World): string[] {
  const served = leaves(world);
  const bundles = possibleBundles(world);
  return [
    ...(served.length < world.replicas.length ? ['a replica serves nothing'] : []),
    ...served.filter(({ notAfter }) => notAfter <= world.now).map(({ id }) => `${id} has ended`),
    ...served
      .filter(({ issuer }) => bundles.some((bundle) => !bundle.has(issuer)))
      .map(({ id, issuer }) => `an API server may not know ${issuer}, which signed ${id}`),
  ];
}

describe('rotation', () => {
  const fault = constantFrom<Fault>('none', 'delete', 'corrupt', 'empty-bundle', 'rollback', 'no-write', 'restart');
  const faults = array(tuple(integer({ min: 1, max: 600 }), fault), { maxLength: 12 });

  it('serves, whatever happens, a valid leaf that every API server accepts, even without cross signatures', () => {
    const claim = property(integer({ min: 2, max: 4 }), faults, (count, plan) => {
      const world = newWorld(count);
      for (let minute = 0; minute < 30; minute += 1) live(world, 'none', undefined);
      const backup = world.secret.material;
      const due = new Map(plan);
      for (let minute = 0; minute < 60 * 72; minute += 1) {
        live(world, due.get(minute % 601) ?? 'none', backup);
        const wrong = violations(world);
        if (wrong.length > 0) throw new Error(`minute ${minute}: ${wrong.join('; ')}`);
      }
    });

    expect(() => assert(claim, { numRuns: 25 })).not.toThrow();
  });

  it('renews leaf and authority in time where nothing goes wrong', () => {
    const world = newWorld(3);
    const served = new Map<string, Leaf>();
    let least = Infinity;
    for (let minute = 0; minute < 60 * 24 * 10; minute += 1) {
      live(world, 'none', undefined);
      for (const leaf of leaves(world)) served.set(leaf.id, leaf);
      least = Math.min(least, ...leaves(world).map(({ notAfter }) => notAfter - world.now));
    }

    expect(least).toBeGreaterThan(0.4 * TIMES.leafLife);
    expect(served.size).toBeGreaterThanOrEqual(46);
    expect(new Set([...served.values()].map(({ issuer }) => issuer)).size).toBeGreaterThanOrEqual(7);
  });
});
