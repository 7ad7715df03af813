/** STS in front of the emulator, which itself takes any token: checks signature, audience and the role's trust. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { KeyObject } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { forward } from './forward.ts';
import type { MotoServer } from './moto.ts';
import { verifyToken } from './issuer.ts';

export interface StsOptions {
  readonly upstream: MotoServer;
  /** Of whoever issues the tokens: PEM, or from a JWK set. */
  readonly keys: readonly (string | KeyObject)[];
  /** Role ARN → the subject that may assume it. */
  readonly trust: Readonly<Record<string, string>>;
  readonly host?: string;
}

export interface StsServer {
  readonly address: string;
  /** How many role sessions it has granted. */
  granted(): number;
  stop(): Promise<void>;
}

const AUDIENCE = 'sts.amazonaws.com';

export async function startSts(options: StsOptions): Promise<StsServer> {
  let granted = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const refusal = judge(new URLSearchParams(body.toString('utf8')), options);
    if (refusal !== undefined) return refuse(response, refusal);
    const { method = '', url: path = '', headers } = request;
    const { upstream } = options;
    const answer = await upstream.withoutIam(() => forward(upstream.address, { method, path, headers, body }));
    granted += 1;
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length }).end(answer.body);
  };
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  server.listen(0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    address: `http://${address}:${port}`,
    granted: () => granted,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** @returns AWS's error code, or undefined where the role may be assumed. */
function judge(form: URLSearchParams, { keys, trust }: StsOptions): string | undefined {
  if (form.get('Action') !== 'AssumeRoleWithWebIdentity') return 'InvalidAction';
  const claims = verifyToken(form.get('WebIdentityToken') ?? '', keys);
  if (claims === undefined || ![claims.aud].flat().includes(AUDIENCE)) return 'InvalidIdentityToken';
  return trust[form.get('RoleArn') ?? ''] === claims.sub ? undefined : 'AccessDenied';
}

function refuse(response: ServerResponse, code: string): void {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>refused</Message></Error>`;
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>1</RequestId></ErrorResponse>`;
  response.writeHead(code === 'AccessDenied' ? 403 : 400, { 'content-type': 'text/xml' }).end(body);
}
