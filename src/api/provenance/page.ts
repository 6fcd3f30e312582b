/** One page of a binary's provenance: documents that the caller may see, and of their contributions those that it may. */
import type { DocumentBody } from '../../../projections/types.js';
import { keyText } from '../../../streams/consumer.js';
import { positionKey, type Fetched } from '../../../streams/fetch.js';
import type { Reader } from '../reader.js';
import { cursorText, positionAfter, type Cursor } from './cursor.js';
import { readDocuments, type ProvenanceDocument, type Target } from './documents.js';
import type { EventLog } from './event-log.js';
import { loggedRecord, modelOfRecords, type LoggedRecord, type RecordEvent } from './logged-event.js';
import { rowOf, type Candidate, type Judge, type Row } from './row.js';

export interface PageRequest {
  readonly target: Target;
  /** At most so many contributions. */
  readonly size: number;
  readonly after: Cursor | undefined;
  readonly reader: Reader;
  readonly log: () => EventLog;
  readonly judge: Omit<Judge, 'tables'>;
  readonly signal: AbortSignal;
}

/** Documents a search, and contributions judged at a time. */
const MOST_DOCUMENTS = 500;
const MOST_JUDGED = 256;
/** Bytes of records that are at hand at a time. */
const FETCH_BYTES = 4 * 1024 * 1024;
/** Characters of events in a page, and in what is judged at a time, unless there is one only. */
const MOST_TEXT = 16 * 1024 * 1024;

/**
 * The page, or undefined when the caller sees no document. It ends early when its events become too large; `after` is there only if there is something
 * more that this caller may see. Throws ApiError: 503 when OpenSearch or the log does not answer.
 */
export async function readPage(request: PageRequest): Promise<DocumentBody | undefined> {
  const rows: Row[] = [];
  const seen = { documents: request.after !== undefined };
  let text = 0;
  for await (const row of visibleRows(request, seen)) {
    if (rows.length === request.size || (rows.length > 0 && text + row.size > MOST_TEXT)) return pageOf(request, rows, true);
    rows.push(row);
    text += row.size;
  }
  return seen.documents ? pageOf(request, rows, false) : undefined;
}

async function* visibleRows(request: PageRequest, seen: { documents: boolean }): AsyncGenerator<Row> {
  const { reader, target, after, size, log, judge } = request;
  const wanted = size + 1;
  let rules: Judge | undefined;
  for await (const documents of readDocuments(reader, target, after, Math.min(wanted, MOST_DOCUMENTS))) {
    if (documents.length === 0) continue;
    seen.documents = true;
    // After the documents: a delete that took something from them is known then.
    rules ??= { ...judge, tables: await log().tables() };
    const candidates = documents.flatMap((document) => candidatesOf(document, after));
    for (let at = 0; at < candidates.length; at += Math.min(wanted, MOST_JUDGED)) {
      yield* judged(candidates.slice(at, at + Math.min(wanted, MOST_JUDGED)), rules, request);
    }
  }
}

function candidatesOf(document: ProvenanceDocument, after: Cursor | undefined): Candidate[] {
  const { contributions = [], docname, id } = document;
  const all = contributions.map((claim, at) => ({ document, claim, wins: at === 0 }));
  return after?.docname === docname && after.id === id ? all.slice(positionAfter(contributions, after)) : all;
}

/** The rows of some contributions in their order. What would be too large together is judged again in parts. */
async function* judged(candidates: readonly Candidate[], rules: Judge, request: PageRequest): AsyncGenerator<Row> {
  const rows = await judgeAll(candidates, rules, request);
  if (rows !== undefined) {
    yield* rows;
    return;
  }
  const half = Math.ceil(candidates.length / 2);
  yield* judged(candidates.slice(0, half), rules, request);
  yield* judged(candidates.slice(half), rules, request);
}

/** Undefined when they become too large. */
async function judgeAll(candidates: readonly Candidate[], rules: Judge, { log, signal }: PageRequest): Promise<readonly Row[] | undefined> {
  const rows = new Map<Candidate, Row>();
  const open = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    // Nobody but administrators is told of it, whatever its record says.
    if (!rules.admin && candidate.document.docname === 'binary2' && rules.tables.deleteOf(candidate.claim) !== undefined) continue;
    const key = positionKey(candidate.claim);
    open.set(key, [...(open.get(key) ?? []), candidate]);
  }
  let text = 0;
  while (open.size > 0) {
    signal.throwIfAborted();
    const fetched = await log().fetch([...open.values()].map(([first]) => first!.claim), FETCH_BYTES); // prettier-ignore
    for (const [key, answer] of fetched) {
      const record = await readRecord(answer, log());
      for (const candidate of open.get(key) ?? []) {
        const row = rowOf(candidate, record, rules);
        if (row !== undefined) rows.set(candidate, row);
        text += row?.size ?? 0;
      }
      open.delete(key);
    }
    if (text > MOST_TEXT && candidates.length > 1) return undefined;
  }
  return candidates.flatMap((candidate) => rows.get(candidate) ?? []);
}

/** Undefined when the log has it no longer, or has something else in its place. */
async function readRecord(fetched: Fetched, log: EventLog): Promise<LoggedRecord | undefined> {
  if (fetched.kind !== 'record') return undefined;
  const { record } = fetched;
  const model = modelOfRecords(record.topic);
  const event = model && (await log.decode(model, record.value));
  return event && loggedRecord(keyText(record), { model, event } as RecordEvent);
}

function pageOf({ target }: PageRequest, rows: readonly Row[], more: boolean): DocumentBody {
  const documents = new Map<ProvenanceDocument, DocumentBody[]>();
  for (const { document, contribution } of rows) {
    const list = documents.get(document);
    if (list === undefined) documents.set(document, [contribution]);
    else list.push(contribution);
  }
  const last = rows.at(-1);
  return {
    sha256: target.sha256,
    documents: [...documents].map(([{ id, truncated }, contributions]) => ({ id, contributions, complete: !truncated })),
    timeline: [...rows].sort(byTime).map(({ moment }) => moment),
    after: more && last !== undefined ? cursorText(target, last.document, last.claim) : undefined,
  };
}

/** The oldest first; what happened at one time stays as it stands. */
function byTime({ claim: a }: Row, { claim: b }: Row): number {
  return a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0;
}
