import { describe, expect, it } from 'vitest';
import { answerReview, readReview } from '../../../webhook/admission/review.ts';
import { BadInput } from '../../../webhook/json.ts';
import { decideOn, podWith, reviewOf, ASKS, type Json } from '../pods.ts';

function answer(text: string): Json {
  return (JSON.parse(text) as { response: Json }).response;
}

describe('reading a review', () => {
  it('takes the namespace of the request and the generated name', () => {
    const request = readReview(reviewOf(podWith(ASKS)));

    expect(request).toMatchObject({ uid: 'u-1', namespace: 'shop', name: 'web-', creates: true });
  });

  it.each<[string, unknown]>([
    ['text', 'review'],
    ['a list', []],
    ['nothing', null],
    ['another kind', { apiVersion: 'v1', kind: 'Pod' }],
    ['a version that is gone', { ...reviewOf({}), apiVersion: 'admission.k8s.io/v1beta1' }],
    ['no request', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }],
    ['a null request', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: null }],
    ['no uid', reviewOf({}, { uid: undefined })],
    ['a Deployment', reviewOf({}, { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } })],
    ['no object', reviewOf(undefined)],
    ['a list for an object', reviewOf([])],
  ])('refuses %s', (_what, body) => {
    expect(() => readReview(body)).toThrow(BadInput);
  });

  it('does not look at what is no creation', () => {
    expect(readReview(reviewOf(null, { operation: 'DELETE' })).creates).toBe(false);
    expect(readReview(reviewOf(podWith(ASKS), { subResource: 'ephemeralcontainers' })).creates).toBe(false);
  });
});

describe('answering a review', () => {
  it('admits without patch fields where nothing changes', () => {
    expect(answer(answerReview('u-2', decideOn(podWith({}))))).toEqual({ uid: 'u-2', allowed: true });
  });

  it('carries the patch in base64', () => {
    const decision = decideOn(podWith(ASKS));

    const response = answer(answerReview('u-3', decision));

    if (decision.kind !== 'patch') throw new Error('no patch');
    expect(response).toMatchObject({ uid: 'u-3', allowed: true, patchType: 'JSONPatch' });
    expect(JSON.parse(Buffer.from(String(response['patch']), 'base64').toString())).toEqual(decision.operations);
  });

  it('refuses with the one message, and with warnings', () => {
    const response = answer(answerReview('u', { kind: 'deny', message: 'no', problems: 1, warnings: ['w'] }));

    expect(response).toEqual({
      uid: 'u',
      allowed: false,
      warnings: ['w'],
      status: { code: 403, reason: 'Forbidden', message: 'no' },
    });
  });

  it('refuses what went wrong, without telling of the error itself', () => {
    const text = answerReview('u', { kind: 'fail', message: 'sorry', error: new Error('canary'), warnings: [] });

    expect(answer(text)).toMatchObject({ allowed: false, status: { code: 500, message: 'sorry' } });
    expect(text).not.toContain('canary');
  });
});
