/** One review from JSON to JSON: the pure decision, and the little of the cluster that it needs, from memory. */
import { asksForSecrets, decide, serviceAccountOf } from './admission/decide.ts';
import { answerReview, readReview, type Decision, type ReviewRequest } from './admission/review.ts';
import type { Cluster } from './cluster.ts';
import type { WebhookConfig } from './config.ts';
import { describeUnexpected, type Log } from './log.ts';
import type { Admit, Admitted, Outcome } from './server.ts';

const OUTCOME: Readonly<Record<Decision['kind'], Outcome>> = {
  allow: 'skipped',
  patch: 'injected',
  deny: 'denied',
  fail: 'failed',
};

/** A promise only where something has to be read from the API server first. */
export function createAdmit(config: WebhookConfig, cluster: Cluster, log: Log): Admit {
  return (body, budgetMs) => {
    const request = readReview(body);
    const decision = decideIn(cluster, config, request, budgetMs);
    if (decision instanceof Promise) return decision.then((made) => answer(request, made, log));
    return answer(request, decision, log);
  };
}

function decideIn(
  cluster: Cluster,
  config: WebhookConfig,
  request: ReviewRequest,
  budgetMs: number,
): Decision | Promise<Decision> {
  if (!asksForSecrets(request)) return { kind: 'allow', warnings: [] };
  const version = cluster.version();
  if (!version) return unknown('the version of the cluster is not known yet');
  const account = serviceAccountOf(request);
  const namespaceAnnotations = cluster.namespace(request.namespace, budgetMs);
  const serviceAccountAnnotations = cluster.serviceAccount(request.namespace, account, budgetMs);
  const decideWith = (namespace: Annotations | undefined, serviceAccount: Annotations | undefined): Decision => {
    if (!namespace) return unknown(`Namespace ${request.namespace} does not exist`);
    if (!serviceAccount) return unknown(`ServiceAccount ${account} does not exist in ${request.namespace}`);
    const world = { config, version, namespaceAnnotations: namespace, serviceAccountAnnotations: serviceAccount };
    return decide(request, world);
  };
  if (!(namespaceAnnotations instanceof Promise) && !(serviceAccountAnnotations instanceof Promise))
    return decideWith(namespaceAnnotations, serviceAccountAnnotations);
  return Promise.all([namespaceAnnotations, serviceAccountAnnotations]).then(
    ([namespace, serviceAccount]) => decideWith(namespace, serviceAccount),
    (error: unknown) => unknown(error instanceof Error ? error.message : 'the API server cannot be asked'),
  );
}

type Annotations = Readonly<Record<string, string>>;

/** Never guessed: who the Pod is and what its Namespace permits decides what it may read. */
function unknown(reason: string): Decision {
  return { kind: 'deny', message: `${clean(reason)}; try again`, problems: 1, warnings: [] };
}

/** Names in it may come from anybody. */
function clean(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 500);
}

function answer(request: ReviewRequest, decision: Decision, log: Log): Admitted {
  const { uid, namespace, name } = request;
  if (decision.kind === 'fail')
    log.error('unexpected error in an admission', { uid, ...describeUnexpected(decision.error) });
  const problems = decision.kind === 'deny' ? decision.problems : 0;
  return { body: answerReview(uid, decision), outcome: OUTCOME[decision.kind], uid, namespace, name, problems };
}
