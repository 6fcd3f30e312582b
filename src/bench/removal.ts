/**
 * How long a delete and an insert take until a search shows them, on logs of different lengths: it must not depend on the length (spec 00
 * "Performance"). And what many deletes at once do to the fold beside them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { foldFromSource } from '../../projections/fold-json.js';
import { eventKeyToken } from '../../projections/tokens.js';
import type { Model } from '../../schemas/events.js';
import { encodeEvent } from '../../streams/encode.js';
import { systemTopic } from '../../streams/topics.js';
import { openSearchRequest } from '../opensearch/request.js';
import type { BenchSettings } from './fold.js';
import { onFollowedLog, type FollowedLog } from './followed-log.js';
import { publishHistory } from './history.js';
import { median } from './median.js';
import { idsDelete, insertUnder, linkDelete } from './removal-events.js';

export interface RemovalBenchOptions {
  /** Lengths of the logs, in events. */
  readonly sizes: readonly number[];
  /** Deletes and inserts measured on each. */
  readonly repeats: number;
  /** Deletes published at once, on the longest log. */
  readonly burst: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
}

export interface RemovalTimes {
  readonly events: number;
  /** Milliseconds from publishing to seen in search, medians. */
  readonly deleteMs: number;
  readonly insertMs: number;
}

export interface BurstResult {
  readonly deletes: number;
  /** Until the last of them was seen in search. */
  readonly appliedMs: number;
  /** New events published with them, and the longest time in which the fold made none of them durable. */
  readonly events: number;
  readonly longestPauseMs: number;
}

export interface RemovalBenchResult {
  readonly sizes: readonly RemovalTimes[];
  readonly burst: BurstResult;
}

interface Bench extends FollowedLog {
  readonly options: RemovalBenchOptions;
}

const POLL_MS = 20;
const SEEN_WITHIN_MS = 120_000;
/** New events beside a burst of deletes. */
const BURST_EVENTS = 20_000;

export async function benchRemoval(settings: BenchSettings, options: RemovalBenchOptions): Promise<RemovalBenchResult> {
  const sizes: RemovalTimes[] = [];
  let burst: BurstResult | undefined;
  const longest = Math.max(...options.sizes);
  for (const events of options.sizes) {
    await onFollowedLog(settings, events, options, async (log) => {
      const bench = { ...log, options };
      sizes.push(await measureSize(bench, events));
      if (events === longest && burst === undefined) burst = await measureBurst(bench);
    });
  }
  return { sizes, burst: burst! };
}

async function measureSize(bench: Bench, events: number): Promise<RemovalTimes> {
  const { repeats, onProgress } = bench.options;
  const links = [...new Set(await fieldValues(bench, 'track_link', { term: { action: 'extracted' } }))];
  const parents = await fieldValues(bench, 'sha256', { term: { action: 'sourced' } });
  const deletes: number[] = [];
  const inserts: number[] = [];
  for (let n = 0; n < repeats; n++) {
    onProgress(`deletes and inserts on ${events} events`, n, repeats);
    const link = links[n]!;
    const from = Date.now();
    await publish(bench, 'delete', linkDelete(link));
    await seen(bench, { term: { track_link: link } }, (count) => count === 0);
    deletes.push(Date.now() - from);
    const insert = insertUnder(parents[n]!, 's1');
    const again = Date.now();
    await publish(bench, 'insert', insert.event);
    await seen(bench, { term: { sha256: insert.childSha256 } }, (count) => count > 0);
    inserts.push(Date.now() - again);
  }
  return { events, deleteMs: median(deletes), insertMs: median(inserts) };
}

async function measureBurst(bench: Bench): Promise<BurstResult> {
  const { config, name, worker, options } = bench;
  const { burst: deletes, seed, onProgress } = options;
  onProgress(`${deletes} deletes at once`, 0, null);
  const keys = await eventKeys(bench, deletes);
  const before = await worker.metric('metafold_documents_total');
  const { session } = bench;
  // Events that are new, then all the deletes behind them.
  await publishHistory(config, name, BURST_EVENTS, seed + 1, () => undefined);
  const from = Date.now();
  for (const key of keys) {
    const event = idsDelete(key);
    await session.producer.send({ topic: systemTopic(name, 'delete'), key: event.kafka_key, value: encodeEvent('delete', event) });
  }
  await session.producer.flush();
  let longestPauseMs = 0;
  let last = { documents: before, at: Date.now() };
  const watching = (async () => {
    for (let quiet = 0; quiet < 50;) {
      await sleep(POLL_MS * 5);
      const documents = await worker.metric('metafold_documents_total');
      const now = Date.now();
      if (documents > last.documents) {
        longestPauseMs = Math.max(longestPauseMs, now - last.at);
        last = { documents, at: now };
        quiet = 0;
      } else quiet++;
    }
  })();
  await seen(bench, { terms: { 'fold.tokens': keys.map(eventKeyToken) } }, (count) => count === 0);
  const appliedMs = Date.now() - from;
  await watching;
  return { deletes, appliedMs, events: BURST_EVENTS, longestPauseMs };
}

async function publish(bench: Bench, kind: 'delete' | 'insert', event: { readonly kafka_key: string }): Promise<void> {
  const { session, name } = bench;
  await session.producer.send({
    topic: systemTopic(name, kind),
    key: event.kafka_key,
    value: encodeEvent<Model>(kind, event as never),
  });
  await session.producer.flush();
}

/** Resolves when a search counts what it should. */
async function seen({ client, alias, options }: Bench, query: object, enough: (count: number) => boolean): Promise<void> {
  const deadline = Date.now() + SEEN_WITHIN_MS;
  for (;;) {
    options.signal.throwIfAborted();
    const { body } = await openSearchRequest<{ count: number }>(client, 'POST', `/${alias}/_count`, { body: { query } });
    if (enough(body.count)) return;
    if (Date.now() > deadline) throw new Error(`not seen in search within ${SEEN_WITHIN_MS} ms: ${JSON.stringify(query)}`);
    await sleep(POLL_MS);
  }
}

/** Keys of events that documents show. */
async function eventKeys({ client, alias }: Bench, count: number): Promise<string[]> {
  await openSearchRequest(client, 'POST', `/${alias}/_refresh`);
  const { body } = await openSearchRequest<{ hits: { hits: { _source: { fold: unknown } }[] } }>(client, 'POST', `/${alias}/_search`, {
    body: { size: count, _source: ['fold'], query: { exists: { field: 'fold.tokens' } } },
  });
  return body.hits.hits.map(({ _source }) => foldFromSource(_source.fold).contributions[0]!.eventKey);
}

async function fieldValues({ client, alias, options }: Bench, field: string, query: object): Promise<string[]> {
  await openSearchRequest(client, 'POST', `/${alias}/_refresh`);
  const { body } = await openSearchRequest<{ hits: { hits: { _source: Record<string, string> }[] } }>(client, 'POST', `/${alias}/_search`, {
    body: { size: Math.max(1_000, options.repeats * 10), _source: [field], query: { bool: { filter: [query] } } },
  });
  return body.hits.hits.map(({ _source }) => _source[field]!);
}
