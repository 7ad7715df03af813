import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installWebhook } from './install.ts';
import type { Kubectl } from './kubectl.ts';
import { restrictedNamespace } from './pods.ts';
import { STAGE_CONFIG } from './stage.ts';
import { useCluster } from './use.ts';

const WEBHOOK = ['--as=system:serviceaccount:secrets-inject:secrets-inject', '--as-group=system:serviceaccounts'];
const HOME = 'secrets-inject';
const ELSEWHERE = 'rights';

let kubectl: Kubectl;

beforeAll(async () => {
  const cluster = await useCluster();
  await installWebhook(cluster, STAGE_CONFIG);
  kubectl = cluster.kubectl;
  await kubectl.apply([restrictedNamespace(ELSEWHERE)]);
});

afterAll(async () => {
  await kubectl.delete(`namespace/${ELSEWHERE}`);
});

async function may(namespace: string, ...what: readonly string[]): Promise<boolean> {
  const { stdout } = await kubectl.in(namespace).outcome('auth', 'can-i', ...what, ...WEBHOOK);
  const answer = stdout.trim().split('\n').at(-1);
  if (answer !== 'yes' && answer !== 'no') throw new Error(`no answer to "can-i ${what.join(' ')}": ${stdout}`);
  return answer === 'yes';
}

/** Every rule but those that each identity has: to ask about itself, and what is there to be discovered. */
async function rules(namespace: string): Promise<string[]> {
  const list = await kubectl.in(namespace).run('auth', 'can-i', '--list', '--no-headers', ...WEBHOOK);
  const lines = list.trim().split('\n');
  return lines
    .map((line) => line.replaceAll(/ +/g, ' ').trim())
    .filter((line) => !isEverybodys(line))
    .sort();
}

const isEverybodys = (line: string) => /^(self|\[\/)/.test(line);

const EVERYWHERE = [
  'mutatingwebhookconfigurations.admissionregistration.k8s.io [] [secrets-inject] [get watch patch]',
  'namespaces [] [] [get list watch]',
  'serviceaccounts [] [] [get list watch]',
];

describe('the ServiceAccount of the webhook', () => {
  it('has these rights in the namespaces of apps, and no other', async () => {
    expect(await rules(ELSEWHERE)).toEqual(EVERYWHERE);
  });

  it('has these rights in its own namespace, and no other', async () => {
    const own = ['secrets [] [] [create]', 'secrets [] [secrets-inject-tls] [get watch update]'];
    expect(await rules(HOME)).toEqual([...EVERYWHERE, ...own].sort());
  });

  it.each(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'])(
    'may not %s Secrets of apps',
    async (verb) => {
      expect(await may(ELSEWHERE, verb, 'secrets')).toBe(false);
      expect(await may(ELSEWHERE, verb, 'secrets/secrets-inject-tls')).toBe(false);
    },
  );

  it('may read its own Secret, and none beside it', async () => {
    expect(await may(HOME, 'get', 'secrets/secrets-inject-tls')).toBe(true);
    expect(await may(HOME, 'get', 'secrets/another')).toBe(false);
    expect(await may(HOME, 'list', 'secrets')).toBe(false);
  });

  it.each([
    'create serviceaccounts/default --subresource=token',
    'create pods',
    'create pods --subresource=exec',
    'get pods --subresource=log',
    'create tokenreviews.authentication.k8s.io',
    'impersonate serviceaccounts',
    'escalate roles.rbac.authorization.k8s.io',
    'create mutatingwebhookconfigurations.admissionregistration.k8s.io',
    'patch mutatingwebhookconfigurations.admissionregistration.k8s.io/another',
  ])('may not %s', async (what) => {
    expect(await may(ELSEWHERE, ...what.split(' '))).toBe(false);
    expect(await may(HOME, ...what.split(' '))).toBe(false);
  });
});
