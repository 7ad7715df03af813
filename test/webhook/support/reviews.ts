/** A review of a Pod as a ReplicaSet's controller makes it. */
export function reviewOf(
  annotations: Record<string, string>,
  more: { uid?: string; env?: unknown[]; namespace?: string } = {},
): string {
  const { uid = 'u1', env = [], namespace = 'shop' } = more;
  const pod = { group: '', version: 'v1', kind: 'Pod' };
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: pod,
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace,
      operation: 'CREATE',
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { generateName: 'web-', annotations },
        spec: { serviceAccountName: 'default', containers: [{ name: 'app', image: 'example.com/app:1', env }] },
      },
    },
  });
}

export interface ReviewAnswer {
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patch?: string;
    readonly status?: { readonly message: string };
  };
}

export function responseIn(body: string): ReviewAnswer['response'] {
  return (JSON.parse(body) as ReviewAnswer).response;
}
