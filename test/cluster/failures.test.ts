import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTAINER } from '../../contract/layout.ts';
import type { Kubectl } from './kubectl.ts';
import { pod, type PodOptions } from './pods.ts';
import { containerPid, containerStatus, endProcess, type Ended } from './processes.ts';
import { until } from './run.ts';
import { ABSENT_VAULT, SECOND_VAULT, UNTRUSTED_VAULT, useStage, type Stage } from './stage.ts';

const NAMESPACE = 'failures';
/** In seconds: how soon a Pod that cannot start is gone, with the grace period that Kubernetes gives by itself. */
const DELETED_WITHIN = 30;
const USUAL_GRACE: PodOptions = { spec: { terminationGracePeriodSeconds: 30 } };

let stage: Stage;
let kubectl: Kubectl;

beforeAll(async () => {
  stage = await useStage();
  kubectl = await stage.namespace(NAMESPACE);
  await stage.vault.write('secret/db', { password: 'p' });
  const { server } = await stage.startSecondVault();
  await server.api('POST', 'sys/seal');
  await stage.startUntrustedVault();
});

afterAll(async () => {
  await stage.stop();
});

type Annotations = Readonly<Record<string, string>>;

/** How an app is held back: the two gates of a native sidecar, and a plain init container. */
const SHAPES: Readonly<Record<string, { readonly agent: string; readonly annotations: Annotations }>> = {
  hook: { agent: CONTAINER.sidecar, annotations: { 'start-gate': 'hook' } },
  probe: { agent: CONTAINER.sidecar, annotations: { 'start-gate': 'probe' } },
  init: { agent: CONTAINER.init, annotations: { 'native-sidecar': 'never' } },
};

const GOOD: Annotations = { 'file.password': 'vault:secret/db#password', 'vault.role': NAMESPACE };

interface Wrong {
  readonly annotations: Annotations;
  readonly exitCode: number;
  readonly says: RegExp;
}

const WRONG: Readonly<Record<string, Wrong>> = {
  down: {
    annotations: { 'vault.address': ABSENT_VAULT },
    exitCode: 69,
    says: /cannot be reached: the connection was refused/,
  },
  sealed: { annotations: { 'vault.address': SECOND_VAULT }, exitCode: 69, says: /Vault is sealed, .*\(503\)/ },
  untrusted: {
    annotations: { 'vault.address': UNTRUSTED_VAULT },
    exitCode: 69,
    says: /not signed by an authority that the agent trusts/,
  },
  denied: {
    annotations: { 'file.password': 'vault:private/db#password' },
    exitCode: 77,
    says: /check the role and its policy \(403\)/,
  },
  missing: { annotations: { 'file.password': 'vault:secret/none#password' }, exitCode: 70, says: /no such secret/ },
  role: { annotations: { 'vault.role': 'stranger' }, exitCode: 77, says: /login refused: check the role/ },
};

/** A Pod that would be good, held back in this way, but for what the annotations say. */
function held(name: string, shape: string, annotations: Annotations, options: PodOptions = {}) {
  return pod(name, { ...GOOD, ...SHAPES[shape]?.annotations, ...annotations }, options);
}

const agentOf = (shape: string) => SHAPES[shape]?.agent ?? '';

/** Why the agent ended, once it has. */
async function lastWords(name: string, container: string): Promise<Ended> {
  return await until(`last words of ${name}`, 60, async () => {
    const { state, lastState } = await containerStatus(kubectl, name, container);
    return state.terminated ?? lastState.terminated;
  });
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

describe.each(Object.keys(SHAPES))('an app that its agent holds back (%s)', (shape) => {
  it('has the reason in one sentence in its description, whatever is wrong', async () => {
    const short: Annotations = { 'init-timeout': '10s' };
    const pods = Object.entries(WRONG).map(([what, { annotations }]) =>
      held(`${shape}-${what}`, shape, { ...short, ...annotations }),
    );
    await kubectl.apply(pods);

    for (const [what, { exitCode, says }] of Object.entries(WRONG)) {
      const ended = await lastWords(`${shape}-${what}`, agentOf(shape));
      const description = await kubectl.describe(`pod/${shape}-${what}`);
      expect({ what, ...ended }).toMatchObject({ exitCode, message: expect.stringMatching(says) as string });
      expect(ended.message).toMatch(/^vault:\S+: [^\n]+$/);
      expect(description).toMatch(new RegExp(`${says.source}[^]*Exit Code: +${exitCode}\\b`));
    }
    await kubectl.run('delete', 'pods', '--all', '--grace-period=1');
  });

  it('can be deleted at any time within 30 s while its store is down', async () => {
    const seconds = await Promise.all(
      [0, 3, 12, 33].map(async (after) => {
        const name = `${shape}-deleted-after-${after}`;
        await kubectl.apply([held(name, shape, { 'vault.address': ABSENT_VAULT }, USUAL_GRACE)]);
        await pause(after);
        return await kubectl.delete(`pod/${name}`);
      }),
    );
    process.stdout.write(`${shape}: deleted within ${seconds.map((each) => each.toFixed(1)).join(', ')} s\n`);
    expect(Math.max(...seconds)).toBeLessThan(DELETED_WITHIN);
  });

  it('starts in place when the store comes back after ten seconds', async () => {
    const name = `${shape}-recovers`;
    await stage.vault.cut();
    await kubectl.apply([held(name, shape, {})]);
    await pause(10);
    await stage.vault.mend();
    const back = performance.now();
    await kubectl.waitFor(`pod/${name}`, 'condition=Ready');

    process.stdout.write(
      `${shape}: ready ${((performance.now() - back) / 1000).toFixed(1)} s after the store was back\n`,
    );
    expect(performance.now() - back).toBeLessThan(10_000);
    expect((await containerStatus(kubectl, name, agentOf(shape))).restartCount).toBe(0);
    await kubectl.delete(`pod/${name}`);
  });
});

describe('a probe as the gate', () => {
  it('lets the log be read while the app waits', async () => {
    await kubectl.apply([held('readable', 'probe', { 'vault.address': ABSENT_VAULT })]);
    expect(await kubectl.logged('readable', CONTAINER.sidecar, /trying again: .*refused/)).toContain('vault:secret/db');
    await kubectl.delete('pod/readable');
  });
});

describe('SIGTERM', () => {
  it.each([
    { what: 'keeps files current', name: 'current', annotations: {}, exitCode: 0 },
    { what: 'waits for its store', name: 'waiting', annotations: { 'vault.address': ABSENT_VAULT }, exitCode: 143 },
  ])('ends an agent that $what within a second', async ({ name, annotations, exitCode }) => {
    await kubectl.apply([held(name, 'probe', annotations)]);
    await kubectl.logged(name, CONTAINER.sidecar, /trying again|all files are in place/);
    const pid = await containerPid(stage.own, kubectl, name, CONTAINER.sidecar);

    expect(await endProcess(pid, 'SIGTERM')).toBeLessThan(1);
    expect(await lastWords(name, CONTAINER.sidecar)).toMatchObject({ exitCode });
    await kubectl.delete(`pod/${name}`);
  });
});

describe('a Job', () => {
  it('completes, and so does its agent', async () => {
    const { metadata, spec } = held('job', 'hook', {}, { script: 'cat /secrets/password; exit 0' });
    const template = { metadata: { annotations: metadata.annotations }, spec: { ...spec, restartPolicy: 'Never' } };
    await kubectl.apply([{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' }, spec: { template } }]);

    await kubectl.waitFor('job/job', 'condition=Complete');

    expect(await kubectl.logs('job/job', 'app')).toBe('p');
    const [name = ''] = (await kubectl.run('get', 'pods', '--selector=job-name=job', '--output=name'))
      .trim()
      .split('\n');
    expect(await lastWords(name.replace('pod/', ''), CONTAINER.sidecar)).toMatchObject({ exitCode: 0 });
  });
});
