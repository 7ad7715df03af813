/** The part of an API server that sends a Pod to a webhook and applies the patch that comes back. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { applyPatch, type Operation } from '../json-patch.ts';
import type { Pod } from './pod.ts';

export interface WebhookAddress {
  readonly port: number;
  /** Authority to trust (PEM), and no other. */
  readonly caBundle: string;
  /** The name that the certificate must carry. */
  readonly serverName: string;
}

export interface Admission {
  readonly allowed: boolean;
  /** Why not. */
  readonly message: string;
  /** As it would be stored. */
  readonly pod: Pod;
  readonly patch: readonly Operation[];
}

interface Review {
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patch?: string;
    readonly status?: { readonly message?: string };
  };
}

/** Rejects where the webhook's certificate is not what `address` says. */
export async function admit(pod: Pod, address: WebhookAddress): Promise<Admission> {
  const uid = randomUUID();
  const { response } = JSON.parse(await post(JSON.stringify(reviewOf(pod, uid)), address)) as Review;
  if (response.uid !== uid) throw new Error('the webhook answered another request');
  const patch = JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString('utf8') || '[]') as Operation[];
  return { allowed: response.allowed, message: response.status?.message ?? '', pod: applyPatch(pod, patch), patch };
}

function reviewOf(pod: Pod, uid: string) {
  const resource = { group: '', version: 'v1', resource: 'pods' };
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name: pod.metadata.name,
      namespace: pod.metadata.namespace,
      operation: 'CREATE',
      userInfo: { username: 'demo' },
      object: pod,
      oldObject: null,
      dryRun: false,
    },
  };
}

function post(body: string, { port, caBundle, serverName }: WebhookAddress): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const target = { host: '127.0.0.1', port, path: '/mutate?timeout=5s', method: 'POST', headers };
  return new Promise((resolve, reject) => {
    const call = request({ ...target, ca: caBundle, servername: serverName, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`the webhook answered ${response.statusCode}: ${text.trim()}`));
      });
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}
