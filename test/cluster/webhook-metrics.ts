/** What the webhook says of itself. */
import type { Kubectl } from './kubectl.ts';

export const WEBHOOK_NAMESPACE = 'secrets-inject';
export const WEBHOOK_PODS = '--selector=app.kubernetes.io/name=secrets-inject';

/** Answers to reviews, and requests that were refused before that. */
const ASKED = /^secrets_inject_(?:admission_duration_seconds_count|requests_refused_total)\{.*\} (\d+)$/gm;

/** How often the running replicas have been asked, all together. */
export async function timesAsked(kubectl: Kubectl): Promise<number> {
  const webhook = kubectl.in(WEBHOOK_NAMESPACE);
  const names = await webhook.run('get', 'pods', WEBHOOK_PODS, '--output=jsonpath={.items[*].metadata.name}');
  let sum = 0;
  for (const name of names.split(' ')) {
    const text = await webhook.run(
      'get',
      `--raw=/api/v1/namespaces/${WEBHOOK_NAMESPACE}/pods/${name}:8080/proxy/metrics`,
    );
    for (const [, times] of text.matchAll(ASKED)) sum += Number(times);
  }
  return sum;
}
