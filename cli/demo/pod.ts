/** The Pod of the demo, and the few parts of any Pod that the demo reads. */
import { PREFIX } from '../../contract/layout.ts';

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly securityContext?: object;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes?: readonly Volume[];
  };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext?: object;
}

interface Volume {
  readonly name: string;
  readonly projected?: { readonly sources: readonly TokenSource[] };
}

interface TokenSource {
  readonly serviceAccountToken?: { readonly audience?: string; readonly path: string };
}

export const NAMESPACE = 'shop';
export const SERVICE_ACCOUNT = 'web';
export const ROLE = 'web';
export const SECRET = 'secret/shop/db';

export const POD: Pod & { readonly apiVersion: string; readonly kind: string } = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    namespace: NAMESPACE,
    annotations: {
      [`${PREFIX}vault.role`]: ROLE,
      [`${PREFIX}file.username`]: `vault:${SECRET}#username`,
      [`${PREFIX}file.password`]: `vault:${SECRET}#password`,
      [`${PREFIX}refresh-interval`]: '1s',
    },
  },
  spec: {
    serviceAccountName: SERVICE_ACCOUNT,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'app',
        image: 'busybox:1.37',
        command: ['sh', '-c', 'while true; do date; cat /secrets/username; sleep 5; done'],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
};
