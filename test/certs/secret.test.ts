import { beforeAll, describe, expect, it } from 'vitest';
import { issue } from '../../certs/issue.ts';
import type { Material } from '../../certs/material.ts';
import { decode, encode } from '../../certs/secret.ts';
import { checkedTimes } from '../../certs/times.ts';
import { NOW } from './support/pool.ts';

const names = ['hook.ns.svc'];
const on = { names, times: checkedTimes({}), now: NOW };
let material: Material;
beforeAll(async () => {
  material = await issue({ kind: 'begin' }, undefined, on);
});

/** The stored document with something changed. */
function edited(change: (stored: Record<string, unknown>) => void): Record<string, string> {
  const stored = JSON.parse(encode(material)['state.json'] ?? '');
  change(stored);
  return { 'state.json': JSON.stringify(stored) };
}

describe('the certificate Secret', () => {
  it('gives back what was put in, before and after a successor was added', async () => {
    const both = await issue({ kind: 'add-authority' }, material, on);
    const signer = both.authorities[1]?.id ?? '';
    const switched = await issue({ kind: 'switch', signer }, both, on);

    for (const one of [material, both, switched]) {
      expect(decode(encode(one), names)).toEqual({ kind: 'valid', material: one });
    }
    expect(switched).toMatchObject({ epoch: 3, phase: 'stable', leaf: { issuer: signer } });
  });

  it('tells its format', () => {
    expect(JSON.parse(encode(material)['state.json'] ?? '')).toMatchObject({ format: 1, epoch: 1, phase: 'stable' });
  });

  it.each([
    ['nothing', () => ({})],
    ['other keys', () => ({ 'tls.crt': 'x' })],
    ['no JSON', () => ({ 'state.json': '{' })],
    ['no object', () => ({ 'state.json': '[]' })],
    ['no format', () => edited((stored) => delete stored['format'])],
    ['format 0', () => edited((stored) => (stored['format'] = 0))],
    ['no authorities', () => edited((stored) => (stored['authorities'] = []))],
    ['an authority without key', () => edited((stored) => (stored['authorities'] = [{ certificate: 'x' }]))],
    ['a leaf for an authority', () => edited((stored) => (stored['authorities'] = [leafAsAuthority()]))],
    ['an unknown phase', () => edited((stored) => (stored['phase'] = 'party'))],
    ['an epoch that is no number', () => edited((stored) => (stored['epoch'] = '1'))],
    ['a begin that is no time', () => edited((stored) => (stored['since'] = 'soon'))],
  ])('is corrupt where it holds %s', (_, data) => {
    expect(decode(data(), names)).toEqual({ kind: 'corrupt' });
  });

  it('is newer where a later release wrote it', () => {
    expect(
      decode(
        edited((stored) => (stored['format'] = 2)),
        names,
      ),
    ).toEqual({ kind: 'newer' });
  });

  it.each([
    ['is missing', () => edited((stored) => delete stored['leaf'])],
    ['does not parse', () => edited((stored) => (stored['leaf'] = { chain: 'x', key: 'y' }))],
    ['has the key of another', () => edited((stored) => (stored['leaf'] = withAuthorityKey()))],
  ])('keeps its authorities where the leaf %s', (_, data) => {
    const { leaf: _leaf, ...without } = material;

    expect(decode(data(), names)).toEqual({ kind: 'valid', material: without });
  });

  it('has no leaf for a Service of another name', () => {
    const content = decode(encode(material), ['other.ns.svc']);

    expect(content).toMatchObject({ kind: 'valid', material: { epoch: 1 } });
    expect(content).not.toHaveProperty('material.leaf');
  });
});

const leafAsAuthority = () => ({ certificate: material.leaf?.chainPem, key: material.leaf?.keyPem });
const withAuthorityKey = () => ({ chain: material.leaf?.chainPem, key: material.authorities[0]?.keyPem });
