/** AdmissionReview v1, in and out. */
import { BadInput } from '../json.ts';
import type { Operation } from '../injection/patch.ts';

export interface ReviewRequest {
  readonly uid: string;
  /** The request's: the one in the object may still be empty. */
  readonly namespace: string;
  /** The Pod's name or generateName, for logs. */
  readonly name: string;
  /** Whether a Pod is being created; nothing else is ever touched. */
  readonly creates: boolean;
  readonly object: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

export type Decision =
  | { readonly kind: 'allow'; readonly warnings: readonly string[] }
  | { readonly kind: 'patch'; readonly operations: readonly Operation[]; readonly warnings: readonly string[] }
  | { readonly kind: 'deny'; readonly message: string; readonly problems: number; readonly warnings: readonly string[] }
  /** Something unforeseen: the Pod is refused, whole and unchanged. `error` is for the log alone. */
  | { readonly kind: 'fail'; readonly message: string; readonly error: unknown; readonly warnings: readonly string[] };

/** @throws BadInput for what is no review of a Pod */
export function readReview(body: unknown): ReviewRequest {
  const review = fields(body, 'the body');
  if (review['apiVersion'] !== 'admission.k8s.io/v1' || review['kind'] !== 'AdmissionReview')
    throw new BadInput('the body must be an AdmissionReview of admission.k8s.io/v1');
  const request = fields(review['request'], 'request');
  const uid = request['uid'];
  if (typeof uid !== 'string' || uid === '') throw new BadInput('request.uid must be text');
  const kind = fields(request['kind'], 'request.kind');
  if (kind['kind'] !== 'Pod' || kind['version'] !== 'v1' || (kind['group'] ?? '') !== '')
    throw new BadInput('request.kind must be a v1 Pod: the webhook configuration should match nothing else');
  const creates = request['operation'] === 'CREATE' && !request['subResource'];
  const object = creates ? fields(request['object'], 'request.object') : {};
  return { uid, namespace: text(request['namespace']), name: nameOf(object), creates, object };
}

/** The review to send back, as JSON. */
export function answerReview(uid: string, decision: Decision): string {
  const warnings = decision.warnings.length > 0 ? `,"warnings":${JSON.stringify(decision.warnings)}` : '';
  const response = `{"uid":${JSON.stringify(uid)},${outcome(decision)}${warnings}}`;
  return `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":${response}}`;
}

function outcome(decision: Decision): string {
  if (decision.kind === 'allow') return '"allowed":true';
  if (decision.kind === 'patch')
    return `"allowed":true,"patchType":"JSONPatch","patch":"${encodePatch(decision.operations)}"`;
  const status = decision.kind === 'deny' ? { code: 403, reason: 'Forbidden' } : { code: 500, reason: 'InternalError' };
  return `"allowed":false,"status":${JSON.stringify({ ...status, message: decision.message })}`;
}

/** A decision that is remembered is answered with many times. */
const encoded = new WeakMap<readonly Operation[], string>();

function encodePatch(operations: readonly Operation[]): string {
  const known = encoded.get(operations);
  if (known !== undefined) return known;
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
  encoded.set(operations, patch);
  return patch;
}

function nameOf(object: Fields): string {
  const metadata = object['metadata'];
  if (typeof metadata !== 'object' || metadata === null) return '';
  const { name, generateName } = metadata as Fields;
  return text(name) || text(generateName);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function fields(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadInput(`${path} must be a map`);
  return value as Fields;
}
