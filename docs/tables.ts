/** The tables of the reference, from the definitions that the programs use. */
import type { Annotation, KeyPattern } from '../contract/annotations/annotation.ts';
import { DETAILS, MAPS, OUTPUTS } from '../contract/annotations/outputs.ts';
import { PLAIN, POLICY } from '../contract/annotations/scoping.ts';
import { SETTINGS } from '../contract/annotations/settings.ts';
import { stringify } from 'yaml';
import { optionKey } from '../contract/annotations.ts';
import { backend, BACKEND_IDS } from '../contract/backends.ts';
import { COMMON_PARAMS, OUTPUT_PARAMS } from '../contract/backends/params.ts';
import type { Read } from '../contract/backends/reads.ts';
import { EXIT } from '../contract/exit-codes.ts';
import { AGENT_METRICS } from '../agent/metrics.ts';
import { METRICS as WEBHOOK_METRICS } from '../webhook/metrics.ts';

type Row = readonly string[];

export function annotationTable(): string {
  const rows = [
    ...patternRows(OUTPUTS),
    ...exactRows({ config: PLAIN.config }),
    ...patternRows(MAPS),
    ...exactRows(SETTINGS),
    ...patternRows(DETAILS),
    ...exactRows({ inject: PLAIN.inject, status: PLAIN.status }),
    ...exactRows(POLICY),
  ];
  return table(['annotation', 'default', 'meaning', 'example', 'set by'], rows);
}

export function optionTable(): string {
  const rows = BACKEND_IDS.map(backend).flatMap(({ family, options }) =>
    Object.entries(options).map(([name, { codec, summary, example, inReference }]) => {
      const key = optionKey(family, name) ?? name;
      return [code(key), inReference ? code(`?${name}=`) : '–', summary, codec.syntax, code(example)];
    }),
  );
  return table(['annotation', 'in a reference', 'meaning', 'value', 'example'], distinct(rows));
}

export function backendTable(): string {
  const rows = BACKEND_IDS.map((id) => {
    const { summary, names, example, reads, family, available } = backend(id);
    const params = Object.entries(reads).map(
      ([name, read]) => code(name.replace(/\.$/, '.<name>')) + later(read.available || !available),
    );
    return [
      code(id) + later(available),
      summary,
      names,
      code(`${id}:${example}`),
      params.join(', ') || '–',
      family ? code(`${family}.*`) : '–',
    ];
  });
  return table(['store', 'what', 'a secret’s name', 'example', 'parameters', 'options'], rows);
}

export function paramTable(): string {
  const outputs = Object.entries(OUTPUT_PARAMS).flatMap(([head, params]) => paramRows(params, code(`${head}.*`)));
  return table(
    ['parameter', 'of', 'meaning', 'value', 'example'],
    [...paramRows(COMMON_PARAMS, 'every reference'), ...outputs],
  );
}

function paramRows(params: Readonly<Record<string, Read>>, of: string): Row[] {
  return Object.entries(params).map(([name, { codec, summary, example, available }]) => [
    code(name) + later(available),
    of,
    summary,
    codec.syntax,
    code(`?${name}=${example}`),
  ]);
}

export function exitTable(): string {
  const rows = Object.values(EXIT).map(({ code, meaning, retryable }) => [
    String(code),
    meaning,
    retryable ? 'yes' : 'no',
  ]);
  return table(['code', 'meaning', 'can another try help'], rows);
}

/** Of the webhook and of the agent, in this order. */
export function metricTables(): readonly [string, string] {
  return [metricTable(Object.values(WEBHOOK_METRICS)), metricTable(AGENT_METRICS)];
}

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

function metricTable(metrics: readonly Metric[]): string {
  const rows = metrics.map(({ name, type, help, labels }) => [
    code(name),
    type,
    labels.map(code).join(', ') || '–',
    help.replace(/\.$/, ''),
  ]);
  return table(['metric', 'type', 'labels', 'meaning'], rows);
}

function exactRows(records: Readonly<Record<string, Annotation & { readonly unset?: string }>>): Row[] {
  return Object.entries(records).map(([key, record]) => row(key, key, record, record.unset));
}

function patternRows(records: Readonly<Record<string, KeyPattern>>): Row[] {
  return Object.entries(records).map(([key, record]) =>
    row(`${key}.<${record.subject.syntax}>`, `${key}.${record.exampleSubject}`, record),
  );
}

function row(key: string, exampleKey: string, record: Annotation, unset = '–'): Row {
  const { default: preset, summary, example, scope, available } = record;
  const values = Array.isArray(available) ? `${summary} (available: ${available.map(code).join(', ')})` : summary;
  return [
    code(key) + later(available !== false),
    preset === undefined ? unset : code(preset),
    values,
    code(stringify({ [exampleKey]: example }, { lineWidth: 0, blockQuote: false }).trim()),
    scope.join(', '),
  ];
}

function later(available: boolean): string {
  return available ? '' : ' (not yet)';
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function distinct(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((cells) => [cells[0], cells])).values()];
}

function table(head: Row, rows: readonly Row[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`)
    .join('\n');
}
