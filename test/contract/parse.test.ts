import { describe, expect, it } from 'vitest';
import { denial, parsePod, request } from './support.ts';

const FILE = { 'file.password': 'vault:secret/db#password' };

describe('opting in', () => {
  it.each([[{}], [{ inject: 'true' }], [{ status: 'injected' }]])('leaves a Pod with %j alone', (annotations) => {
    expect(parsePod(annotations)).toEqual({ kind: 'skip', warnings: [] });
  });

  it('looks at nothing where inject is "false"', () => {
    expect(parsePod({ inject: 'false', nonsense: 'x', ...FILE })).toEqual({ kind: 'skip', warnings: [] });
  });

  it('warns of annotations without any output', () => {
    const result = parsePod({ mode: 'once', 'file-mode': '0400' });

    expect(result).toMatchObject({ kind: 'skip', warnings: [expect.stringContaining('without any output')] });
  });

  it('denies a bad value even without an output', () => {
    expect(denial({ mode: 'onec' })).toBe('secrets.inject/mode: must be refresh or once');
  });

  it('passes over annotations of others', () => {
    const result = parsePod({}, { pod: { labels: {} }, namespace: { 'permitted-names': '(' } });

    expect(result.kind).toBe('skip');
  });

  it('does not mind a status that was copied with the template', () => {
    expect(request({ ...FILE, status: 'injected' }).files).toHaveLength(1);
  });
});

describe('a request', () => {
  it('holds each file with its reference and mode, sorted by path', () => {
    const { files } = request({
      'file.b': 'vault:secret/db?version=2&encoding=base64&optional=true#b',
      'file.a': 'file:db',
      'file-mode.a': '0400',
    });

    expect(files).toEqual([
      { path: 'a', mode: 0o400, value: { text: 'file:db', store: 'file', name: 'db', params: {} } },
      {
        path: 'b',
        value: {
          text: 'vault:secret/db?version=2&encoding=base64&optional=true#b',
          store: 'vault',
          name: 'secret/db',
          params: { version: '2' },
          property: 'b',
          encoding: 'base64',
          optional: true,
        },
      },
    ]);
  });

  it('carries a default, and never in the text for messages', () => {
    const [file] = request({ 'file.a': 'vault:x?default=hunter2' }).files;

    expect(file?.value).toMatchObject({ default: 'hunter2', text: 'vault:x?default=…' });
  });

  it('uses the default store of the Pod', () => {
    const { files, stores } = request({ backend: 'vault', 'file.a': 'secret/db' });

    expect(files[0]?.value.store).toBe('vault');
    expect(Object.keys(stores)).toEqual(['vault']);
  });

  it('fills every setting in', () => {
    expect(request(FILE).settings).toMatchObject({
      mode: 'refresh',
      'native-sidecar': 'auto',
      'start-gate': 'hook',
      'init-timeout': undefined,
      'refresh-interval': 300_000,
      residency: 'auto',
      'mount-path': '/secrets',
      containers: undefined,
      order: 'first',
      'file-mode': 'auto',
      'credentials-secret': undefined,
    });
  });

  it('takes a setting from the Pod, else the Namespace, else the operator', () => {
    const { settings } = request(
      { ...FILE, 'refresh-interval': '10s' },
      {
        namespace: { 'refresh-interval': '20s', 'log-level': 'debug' },
        defaults: { 'refresh-interval': '30s', 'log-level': 'warn', 'agent-cpu-limit': '1' },
      },
    );

    expect(settings).toMatchObject({ 'refresh-interval': 10_000, 'log-level': 'debug', 'agent-cpu-limit': '1' });
  });

  it('trims the list of containers and counts each once', () => {
    expect(request({ ...FILE, containers: ' app ,setup,app' }).settings.containers).toEqual(['app', 'setup']);
  });

  it('does not depend on the order of the annotations', () => {
    const annotations = { 'file.a': 'vault:x?role=a', 'file.b': 'vault:x?role=b', 'file.c': 'vault:x', mode: 'once' };
    const turned = Object.fromEntries(Object.entries(annotations).reverse());

    expect(JSON.stringify(request(turned))).toBe(JSON.stringify(request(annotations)));
  });
});

describe('a value', () => {
  it.each([
    ['refresh-interval', '0', 'must be a duration'],
    ['refresh-interval', '0s', 'must be at least 1s'],
    ['refresh-interval', '999ms', 'must be at least 1s'],
    ['refresh-interval', '-1s', 'must be a duration'],
    ['refresh-interval', 'abc', 'must be a duration'],
    ['refresh-interval', '', 'must be a duration'],
    ['refresh-interval', '30', 'must be a duration'],
    ['refresh-interval', '25d', 'must be at most 24d'],
    ['refresh-interval', '999999999d', 'must be at most 24d'],
    ['init-timeout', '26s', 'must be at most 25s with start-gate hook'],
    ['mode', 'Once', 'must be refresh or once'],
    ['containers', 'app,,worker', 'empty item'],
    ['containers', '', 'empty item'],
    ['containers', 'ap', 'no container "ap"; nearest valid name: app'],
    ['mount-path', 'secrets', 'must be an absolute path'],
    ['mount-path', '/', 'a folder of its own'],
    ['mount-path', '/a/../b', 'starts with ..'],
    ['mount-path', '/proc/1', 'must not lie in /proc'],
    ['mount-path', '/a:b', 'no colon'],
    ['file-mode', '0888', 'octal mode'],
    ['file-mode', '0000', 'let somebody read'],
    ['file-mode', '4755', 'octal mode'],
    ['file-mode.password', 'rw', 'octal mode'],
    ['file-mode.pasword', '0400', 'no output with the file name "pasword"; nearest valid name: "password"'],
    ['credentials-secret', 'Store_Keys', 'the name of a Secret'],
    ['credentials-secret', '../x', 'the name of a Secret'],
    ['agent-cpu-request', '10 m', 'a positive quantity'],
    ['agent-cpu-request', '0', 'a positive quantity'],
    ['log-level', 'verbose', 'must be debug, info, warn or error'],
    ['vault.address', 'vault:8200', 'an address such as'],
    ['vault.address', 'ftp://vault', 'an address such as'],
    ['vault.address', 'https://u:hunter2@vault', 'without user and password'],
    ['vault.address', 'https://vault/v1', 'without a path'],
    ['vault.address', 'https://good\\@evil', 'without a path'],
    ['vault.audience', '', 'and not empty'],
    ['vault.auth-path', '../sys', 'must be a path'],
    ['vault.role', 'a"b', 'the name of a role'],
    ['aws.region', 'eu-west-1.evil.example', 'a region'],
    ['aws.role-arn', 'web', 'the ARN of a role'],
    ['backend', 'valt', 'nearest valid name: vault'],
    ['residency', 'asleep', 'not available yet: use auto or awake'],
    ['env-mode', 'exec', 'not available yet: use auto'],
    ['on-change', 'signal:SIGHUP:ap', 'no container "ap"'],
    ['on-change', 'http://evil.example/', 'a loopback URL'],
    ['on-change', 'signal:SIGKILL', 'a signal such as'],
  ])('%s: %j is refused', (key, text, reason) => {
    const message = denial({ ...FILE, [key]: text });

    expect(message).toContain(`secrets.inject/${key}: `);
    expect(message).toContain(reason);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    [{ 'init-timeout': '25s' }],
    [{ 'init-timeout': '10m', 'start-gate': 'probe' }],
    [{ 'init-timeout': '10m', mode: 'once' }],
    [{ 'init-timeout': '10m', 'native-sidecar': 'never' }],
  ])('%j is a start that can be waited for', (settings) => {
    expect(denial({ ...FILE, ...settings })).toBe('');
  });

  it.each(['1h30m', '1.5h', '5400s'])('%s is an hour and a half', (text) => {
    expect(request({ ...FILE, 'refresh-interval': text }).settings['refresh-interval']).toBe(5_400_000);
  });
});
