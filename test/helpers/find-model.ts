/** What find must answer, worked out from the documents by rules of their own (spec 04 §6.1, 05 §6). */
import type { ApiHistory, StoredDocument } from './api-history.js';
import { sees, type CallerName } from './api.js';

/** The source of a metadata document. */
export type Fields = Readonly<Record<string, unknown>>;

export interface ExpectedRow {
  readonly [field: string]: unknown;
}

/** All values at a dotted path, lists and lists of objects opened. */
export function valuesAt(source: unknown, path: string): unknown[] {
  let values: unknown[] = [source];
  const steps = path.split('.');
  steps.forEach((step, n) => {
    values = values.flat().flatMap((value) => {
      if (typeof value !== 'object' || value === null) return [];
      const fields = value as Fields;
      // A feature name may hold a point.
      const rest = steps.slice(n).join('.');
      if (Object.hasOwn(fields, rest) && rest !== step) return [{ [step]: fields[rest] }].flatMap((one) => [one[step]]);
      return Object.hasOwn(fields, step) ? [fields[step]] : [];
    });
  });
  return values.flat().filter((value) => value !== undefined && value !== null);
}

/** Metadata documents that a caller may read, by sha256. */
export function visibleChildren(history: ApiHistory, caller: CallerName): Map<string, Fields[]> {
  const groups = new Map<string, Fields[]>();
  const children = history.documents.filter(({ docname, source }) => docname === 'binary2' && typeof source['sha256'] === 'string');
  for (const child of children) {
    if (!sees(caller, child)) continue;
    const sha256 = child.source['sha256'] as string;
    groups.set(sha256, [...(groups.get(sha256) ?? []), child.source]);
  }
  return groups;
}

export function hasSource(child: Fields): boolean {
  return valuesAt(child, 'source.name').length > 0;
}

export function visibleAnnotations(history: ApiHistory, caller: CallerName, type: 'entity_tag' | 'fv_tag'): StoredDocument[] {
  return history.documents.filter(
    (document) =>
      document.docname === 'annotation' &&
      document.source['type'] === type &&
      document.source['state'] !== 'disabled' &&
      sees(caller, document),
  );
}

/** Whether a document carries one of the safe labels, and whether it is released to all of the others. */
export function carries(child: Fields, labels: readonly string[]): boolean {
  return ['exclusive', 'inclusive', 'markings'].some((kind) =>
    valuesAt(child, `encoded_security.${kind}`).some((label) => labels.includes(label as string)),
  );
}

type Key = string | number | undefined;

/** Which of two documents is shown; undefined when nothing says it. */
function better(a: Fields, b: Fields): Fields | undefined {
  const most =
    (path: string) =>
    (child: Fields): Key =>
      (valuesAt(child, path) as string[]).sort().at(-1);
  const least =
    (path: string) =>
    (child: Fields): Key =>
      (valuesAt(child, path) as (string | number)[]).sort()[0];
  const rules: [(child: Fields) => Key, 'asc' | 'desc'][] = [
    [most('filename'), 'desc'],
    [most('file_format'), 'desc'],
    [most('mime'), 'desc'],
    [most('magic'), 'desc'],
    [least('datastreams.label'), 'asc'],
    [least('depth'), 'asc'],
    [(child) => Date.parse(most('source.timestamp')(child) as string), 'desc'],
  ];
  for (const [key, order] of rules) {
    const [first, second] = [key(a), key(b)];
    if (first === second) continue;
    if (first === undefined) return b;
    if (second === undefined) return a;
    return first < second === (order === 'asc') ? a : b;
  }
  return undefined;
}

/** The document shown of a source; several when the rules do not tell them apart. */
function bestOf(children: readonly Fields[]): Fields[] {
  return children.filter((child) => children.every((other) => other === child || better(child, other) !== other));
}

/** The documents of a binary that its row may come from, one list for each source in the order of the buckets. */
function shownDocuments(children: readonly Fields[]): Fields[][] {
  const sources = new Map<string, Fields[]>();
  for (const child of children) {
    for (const name of valuesAt(child, 'source.name') as string[]) sources.set(name, [...(sources.get(name) ?? []), child]);
  }
  const byCount = [...sources].sort(([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1));
  return byCount.slice(0, 3).map(([, documents]) => bestOf(documents));
}

function choices<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((made, list) => made.flatMap((start) => list.map((one) => [...start, one])), [[]]);
}

/** The rows that may be shown of a binary: usually one. Without key, highlight and tags. */
export function expectedSummaries(sha256: string, children: readonly Fields[]): ExpectedRow[] {
  return choices(shownDocuments(children)).map((documents) => summaryFrom(sha256, documents));
}

const COPIED = ['file_format', 'file_extension', 'magic', 'mime', 'md5', 'sha1', 'sha512', 'ssdeep', 'tlsh'];

function summaryFrom(sha256: string, documents: readonly Fields[]): ExpectedRow {
  const row: Record<string, unknown> = { exists: documents.length > 0, sha256 };
  row['has_content'] = documents.some((child) => valuesAt(child, 'datastreams.label').includes('content'));
  for (const [name, path] of [...COPIED.map((field) => [field, field]), ['file_size', 'size']] as [string, string][]) {
    const value = documents.map((child) => child[path]).find((one) => one !== undefined && one !== '' && one !== 0);
    if (value !== undefined) row[name] = value;
  }
  const names = documents.flatMap((child) => valuesAt(child, 'filename'));
  if (names.length > 0) row['filenames'] = names;
  const sources = documents.map((child) => {
    const { name, timestamp, references = {} } = child['source'] as { name: string; timestamp: string; references?: unknown };
    return { depth: child['depth'], name, timestamp, references };
  });
  sources.sort((a, b) => (`${a.name} ${a.timestamp}` < `${b.name} ${b.timestamp}` ? -1 : 1));
  if (sources.length > 0) row['sources'] = sources;
  return row;
}
