/** The process: arguments and variables in, signals out. */
import { readFileSync } from 'node:fs';
import { EXIT } from '../contract/exit-codes.ts';
import { runWebhook } from './compose.ts';
import { parseConfig, type WebhookConfig } from './config.ts';
import { connectKubernetes } from './kubernetes.ts';
import { createLog, describeUnexpected, type Log } from './log.ts';

async function main(): Promise<void> {
  const config = readConfig();
  const api = connectKubernetes();
  const log = createLog(config.logLevel, 1);
  endOnUnexpected(log);
  const webhook = await runWebhook(config, api, log);
  let leaving = false;
  const leave = () => {
    leaving = true;
    void webhook.drain().then(() => {
      log.flush();
      process.exit(EXIT.done.code);
    });
  };
  process.once('SIGTERM', leave);
  process.once('SIGINT', leave);
  try {
    log.info('serving', { port: await webhook.serving });
    log.flush();
  } catch (error) {
    if (!leaving) throw error;
  }
}

function readConfig(): WebhookConfig {
  const [flag, file, ...rest] = process.argv.slice(2);
  if ((flag !== undefined && (flag !== '--config' || file === undefined)) || rest.length > 0)
    throw new Error('usage: webhook [--config FILE]');
  return parseConfig(file === undefined ? '' : readFileSync(file, 'utf8'), process.env);
}

function endOnUnexpected(log: Log): void {
  const end = (error: unknown) => {
    log.error('unexpected error: please report it', describeUnexpected(error));
    log.flush();
    process.exit(EXIT.unexpected.code);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

main().catch((error: unknown) => {
  process.stderr.write(`secrets-inject: ${error instanceof Error ? error.message : 'cannot start'}\n`);
  process.exit(EXIT.configuration.code);
});
