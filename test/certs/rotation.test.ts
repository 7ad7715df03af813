import { describe, expect, it } from 'vitest';
import type { Material } from '../../certs/material.ts';
import { INITIAL_STATE, step } from '../../certs/rotation.ts';
import type { RotationEvent, RotationState, SecretContent } from '../../certs/rotation.ts';
import { DEFAULT_TIMES as TIMES } from '../../certs/times.ts';
import { paperAuthority, paperIssue, paperLeaf } from './support/paper.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const T0 = Date.UTC(2030, 0, 1);
const first = paperIssue({ kind: 'begin' }, undefined, T0, TIMES);
const [authority = paperAuthority('none', T0, TIMES)] = first.authorities;

const stepAt = (now: number, state: RotationState, event: RotationEvent) => step(state, event, now, TIMES);
const seen = (material: Material): RotationEvent => ({
  kind: 'secret',
  version: '7',
  content: { kind: 'valid', material },
});
const content = (content: SecretContent, version = '7'): RotationEvent => ({ kind: 'secret', version, content });
const found = (...published: string[]): RotationEvent => ({ kind: 'bundles', outcome: 'found', published });

/** A replica that has been serving `material` for a while. */
function serving(material: Material, now = T0): RotationState {
  const adopted = stepAt(now, INITIAL_STATE, seen(material)).state;
  const published = stepAt(now, adopted, found(...material.authorities.map(({ id }) => id))).state;
  return material.leaf ? stepAt(now, published, { kind: 'served', leaf: material.leaf }).state : published;
}

/** As if the bundles had been found complete once a minute. */
function watched(state: RotationState, from: number, minutes: number): RotationState {
  const event = found(...state.trusted.map(({ id }) => id));
  let next = state;
  for (let minute = 0; minute <= minutes; minute += 1) next = stepAt(from + minute * MINUTE, next, event).state;
  return next;
}

const changeOf = ({ actions: [action] }: ReturnType<typeof step>) =>
  action?.do === 'write-secret' ? action.change.kind : action?.do;

describe('a look', () => {
  it('reads the Secret, whatever the state', () => {
    expect(stepAt(T0, INITIAL_STATE, { kind: 'look' }).actions).toEqual([{ do: 'read-secret' }]);
    expect(stepAt(T0, serving(first), { kind: 'look' }).actions).toEqual([{ do: 'read-secret' }]);
  });

  it('forgets authorities that have ended', () => {
    const { state } = stepAt(authority.notAfter, serving(first), { kind: 'look' });

    expect(state.trusted).toEqual([]);
  });
});

describe('what is seen in the Secret', () => {
  it('begins where there is none, by creating it', () => {
    const { actions } = stepAt(T0, INITIAL_STATE, { kind: 'secret', content: { kind: 'absent' } });

    expect(actions).toEqual([{ do: 'write-secret', change: { kind: 'begin' } }]);
  });

  it('begins where it is corrupt and nothing is remembered, onto that version', () => {
    const { actions } = stepAt(T0, INITIAL_STATE, content({ kind: 'corrupt' }, '9'));

    expect(actions).toEqual([{ do: 'write-secret', change: { kind: 'begin' }, version: '9' }]);
  });

  it.each([
    ['deleted', { kind: 'secret', content: { kind: 'absent' } }],
    ['corrupt', content({ kind: 'corrupt' })],
    ['put back to an older version', seen({ ...first, epoch: first.epoch - 1 })],
  ] satisfies [string, RotationEvent][])('is restored from memory where it was %s', (_, event) => {
    const { actions, state } = stepAt(T0 + DAY, serving(first), event);

    expect(actions).toMatchObject([{ do: 'write-secret', change: { kind: 'restore' }, base: first }]);
    expect(state.material).toEqual(first);
  });

  it('is left alone where a later release wrote it', () => {
    expect(stepAt(T0, INITIAL_STATE, content({ kind: 'newer' })).actions).toEqual([]);
    expect(changeOf(stepAt(T0, serving(first), content({ kind: 'newer' })))).toBe('publish');
  });

  it('is adopted where another replica was first, and published before anything else', () => {
    const { state, actions } = stepAt(T0, INITIAL_STATE, seen(first));

    expect(state.material).toEqual(first);
    expect(actions).toMatchObject([{ do: 'publish', trusted: [{ id: authority.id }] }]);
  });

  it('goes on with what is remembered where it cannot be read', () => {
    expect(changeOf(stepAt(T0, serving(first), { kind: 'secret-unreadable' }))).toBe('publish');
    expect(stepAt(T0, INITIAL_STATE, { kind: 'secret-unreadable' }).actions).toEqual([]);
  });
});

describe('a leaf', () => {
  it.each([
    ['stays just before half of its life', 15 * DAY - 1, 'publish'],
    ['is renewed at half of its life', 15 * DAY, 'renew-leaf'],
    ['is renewed after its end', 31 * DAY, 'renew-leaf'],
  ])('%s', (_, age, action) => {
    expect(changeOf(stepAt(T0 + age, serving(first), seen(first)))).toBe(action);
  });

  it('is made anew where the stored one is of no use', () => {
    const { leaf: _, ...without } = first;

    expect(changeOf(stepAt(T0, INITIAL_STATE, seen(without)))).toBe('renew-leaf');
  });

  it('that ends with its authority is not renewed over and over', () => {
    const late = authority.notAfter - DAY;
    const stuck: Material = { ...first, phase: 'publish', leaf: paperLeaf('last', authority, late, TIMES) };
    const two = { ...stuck, authorities: [authority, paperAuthority('second', late, TIMES)] };

    expect(changeOf(stepAt(late + DAY / 2, serving(two, late), seen(two)))).toBe('publish');
  });

  it('by the same authority is served as soon as it is there, even while bundles cannot be written', () => {
    const now = T0 + 16 * DAY;
    const renewed = paperIssue({ kind: 'renew-leaf', signer: authority.id }, first, now, TIMES);
    const { state } = stepAt(now, serving(first), seen(renewed));

    const { actions } = stepAt(now, state, { kind: 'bundles', outcome: 'failed' });

    expect(actions).toMatchObject([{ do: 'serve', leaf: { id: renewed.leaf?.id } }]);
  });
});

describe('an authority', () => {
  const middle = T0 + 365 * DAY;
  const old = paperIssue({ kind: 'renew-leaf', signer: authority.id }, first, middle, TIMES);
  const both = paperIssue({ kind: 'add-authority' }, old, middle, TIMES);
  const newest = both.authorities.at(-1)?.id ?? '';

  it.each([
    ['stays alone just before half of its life', -1, 'publish'],
    ['gets a successor at half of its life', 0, 'add-authority'],
  ])('%s', (_, off, action) => {
    expect(changeOf(stepAt(middle + off, serving(old, middle), seen(old)))).toBe(action);
  });

  it('signs on while its successor is only published', () => {
    const now = middle + 16 * DAY;
    const { actions } = stepAt(now, serving(both, middle), seen(both));

    expect(actions).toMatchObject([{ change: { kind: 'renew-leaf', signer: authority.id } }]);
  });

  it('signs on even where its leaf was lost', () => {
    const { leaf: _leaf, ...without } = both;

    const { actions } = stepAt(middle, INITIAL_STATE, seen(without));

    expect(actions).toMatchObject([{ change: { kind: 'renew-leaf', signer: authority.id } }]);
  });

  it.each([
    [24, 'publish'],
    [25, 'switch'],
  ])('gives way when the bundles were found complete for %i minutes: %s', (minutes, action) => {
    const state = watched(serving(both, middle), middle, minutes);

    expect(changeOf(stepAt(middle + minutes * MINUTE, state, seen(both)))).toBe(action);
  });

  it.each([
    ['a bundle that somebody changed', { kind: 'bundles', outcome: 'written', published: [authority.id, newest] }],
    ['a bundle that cannot be written', { kind: 'bundles', outcome: 'failed', published: [authority.id] }],
  ] satisfies [string, RotationEvent][])('waits all the time again after %s', (_, event) => {
    const before = watched(serving(both, middle), middle, 24);
    const state = watched(stepAt(middle + 24 * MINUTE, before, event).state, middle + 25 * MINUTE, 23);

    expect(changeOf(stepAt(middle + 48 * MINUTE, state, seen(both)))).toBe('publish');
  });

  it('does not take a clock that jumps for a wait', () => {
    const once = watched(serving(both, middle), middle, 0);
    const jumped = stepAt(middle + DAY, once, found(authority.id, newest)).state;

    expect(changeOf(stepAt(middle + DAY, jumped, seen(both)))).toBe('publish');
  });

  it('begins anew where all have ended', () => {
    const now = T0 + 731 * DAY;

    expect(changeOf(stepAt(now, serving(first), seen(first)))).toBe('begin');
  });
});

describe('a leaf by another authority', () => {
  const foreign = { ...paperIssue({ kind: 'begin' }, undefined, T0, TIMES), epoch: first.epoch };
  const issuer = foreign.leaf?.issuer ?? '';
  const adopting = () => stepAt(T0, serving(first), seen(foreign)).state;
  const serves = (state: RotationState, event: RotationEvent, now = T0) =>
    stepAt(now, state, event).actions.some((action) => action.do === 'serve');

  it('waits while the served one is good and trusted', () => {
    expect(serves(adopting(), found(authority.id, issuer))).toBe(false);
  });

  it('is served when the bundles have held its authority long enough', () => {
    const state = watched(adopting(), T0, 24);

    expect(serves(state, found(authority.id, issuer), T0 + 25 * MINUTE)).toBe(true);
  });

  it('is served at once where the bundles hold its authority and no longer the one of the served leaf', () => {
    expect(serves(adopting(), found(issuer))).toBe(true);
    expect(serves(adopting(), found())).toBe(false);
  });

  it('is served at once where the served leaf is near its end', () => {
    const now = T0 + 28 * DAY;
    const renewed = paperIssue({ kind: 'renew-leaf', signer: issuer }, foreign, now, TIMES);
    const { state } = stepAt(now, serving(first), seen(renewed));

    expect(serves(state, found(authority.id, issuer), now)).toBe(true);
  });

  it('keeps the authority of the served leaf published', () => {
    expect(adopting().trusted.map(({ id }) => id)).toEqual([authority.id, issuer]);
  });
});
