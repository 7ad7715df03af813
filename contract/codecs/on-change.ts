import { accept, listOf, refuse } from './codec.ts';
import type { Codec, Decoded } from './codec.ts';
import { containerName } from './names.ts';

export interface ChangeAction {
  readonly kind: 'signal' | 'http' | 'restart';
  /** Signal name or URL. */
  readonly target?: string;
  readonly container?: string;
}

const SIGNAL = /^SIG(HUP|INT|QUIT|USR1|USR2|TERM|WINCH|CONT)$/;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(\/[^\s]*)?$/;

const action: Codec<ChangeAction> = {
  syntax: '`signal:<SIGNAL>[:<container>]` | `http:<loopback URL>` | `restart[:<container>]`',
  decode: (text) => {
    if (text.startsWith('http:')) return http(text.startsWith('http://') ? text : text.slice('http:'.length));
    const [kind, ...rest] = text.split(':');
    if (kind === 'signal' && rest.length <= 2) return signal(rest[0] ?? '', rest[1]);
    if (kind === 'restart' && rest.length <= 1) return inContainer({ kind: 'restart' }, rest[0]);
    return refuse(
      'must be none, or a list of signal:<SIGNAL>[:<container>], http:<loopback URL> or restart[:<container>]',
    );
  },
};

function http(url: string): Decoded<ChangeAction> {
  return LOOPBACK.test(url)
    ? accept({ kind: 'http', target: url })
    : refuse('must call a loopback URL such as http:http://127.0.0.1:8080/reload');
}

function signal(name: string, container: string | undefined): Decoded<ChangeAction> {
  if (!SIGNAL.test(name)) return refuse('must name a signal such as SIGHUP or SIGUSR1');
  return inContainer({ kind: 'signal', target: name }, container);
}

function inContainer(change: ChangeAction, container: string | undefined): Decoded<ChangeAction> {
  if (container === undefined) return accept(change);
  const name = containerName.decode(container);
  return name.ok ? accept({ ...change, container }) : name;
}

const actions = listOf(action);

export const onChange: Codec<readonly ChangeAction[]> = {
  syntax: `\`none\` | ${actions.syntax}`,
  decode: (text) => (text === 'none' ? accept([]) : actions.decode(text)),
};
