/**
 * What the API adds to the searches that it sends (spec 00 "Performance"): its own requests to OpenSearch are recorded, then sent without
 * it and by it in turns, by one client and by many.
 */
import { randomBytes } from 'node:crypto';
import { createOpenSearchClient } from '../opensearch/client.js';
import { removePartition } from './arena.js';
import { ask, recordSearches, type Recording } from './api-recording.js';
import { countBinaries, refresh, sampleDocuments } from './api-samples.js';
import { withServer, type ServerOptions } from './api-server.js';
import { endpoints } from './endpoints.js';
import { removeTopics, type BenchSettings } from './fold.js';
import { publishHistory } from './history.js';
import { quantile, runLoad, type WireRequest } from './load.js';
import { runWorker } from './worker-process.js';

export interface ApiBenchOptions extends ServerOptions {
  readonly events: number;
  readonly rounds: number;
  readonly seed: number;
  /** Length of one measurement. */
  readonly seconds: number;
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
}

export interface Latency {
  readonly requests: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface LoadResult {
  readonly clients: number;
  readonly api: Latency;
  /** The searches alone; null where there are none: the answer comes from memory. */
  readonly bare: Latency | null;
  /** Milliseconds that the API adds at the median: of what it adds to each question at its median, the median. */
  readonly added: number | null;
}

export interface EndpointResult {
  readonly title: string;
  /** The first of what was asked. */
  readonly example: string;
  /** Requests to OpenSearch for one to the API, at most. */
  readonly searches: number;
  /** The API sends some of them at the same time, which the bare measurement does not. */
  readonly overlapped: boolean;
  readonly loads: readonly LoadResult[];
}

export interface ApiBenchResult {
  readonly events: number;
  readonly binaries: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly endpoints: readonly EndpointResult[];
}

const CLIENTS = [1, 64] as const;
/** A measurement may last so many times as long before the server counts as silent. */
const MOST_TIMES = 30;

export async function benchApi(settings: BenchSettings, options: ApiBenchOptions): Promise<ApiBenchResult> {
  const { events, rounds, seed, seconds, signal, onProgress } = options;
  const name = `bench${randomBytes(4).toString('hex')}`;
  const config = await settings.configFor(name, name);
  const client = createOpenSearchClient(config.opensearch);
  const environment = settings.environmentFor(name, name);
  const { url } = config.opensearch;
  try {
    await publishHistory(config, name, events, seed, (done) => onProgress('publish', done, events));
    onProgress(`fold ${events} events`, 0, null);
    await runWorker(environment, signal);
    await refresh(client, name);
    const asked = endpoints(await sampleDocuments(client, name));
    onProgress('record the searches of the API', 0, null);
    const recordings = await recordSearches(asked, environment, url, options);
    const results = await withServer(environment, options, (api) => measureAll(recordings, api, url, options));
    return { events, binaries: await countBinaries(client, name), rounds, seconds, endpoints: results };
  } finally {
    await removePartition(client, name);
    await client.close();
    await removeTopics(config, name);
  }
}

async function measureAll(
  recordings: readonly Recording[],
  origin: string,
  url: string,
  options: ApiBenchOptions,
): Promise<EndpointResult[]> {
  for (const { variants } of recordings) for (const variant of variants) await ask(origin, variant);
  const times: Times = new Map();
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, recording] of recordings.entries()) {
      options.onProgress('measure', round * recordings.length + index, options.rounds * recordings.length);
      for (const clients of CLIENTS) await measureOne(recording, clients, { origin, url, round, times, ...options });
    }
  }
  return recordings.map((recording) => resultOf(recording, times));
}

interface Measuring extends ApiBenchOptions {
  readonly origin: string;
  readonly url: string;
  readonly round: number;
  readonly times: Times;
}

/** Milliseconds of all rounds, by endpoint, number of clients and side; for each question. */
type Times = Map<string, readonly (readonly number[])[]>;

type Side = 'api' | 'bare';

const timesKey = (title: string, clients: number, side: Side): string => `${title} ${clients} ${side}`;

/** What both sides can be asked: questions that are answered from memory are measured alone, where there are no others. */
function comparable({ variants, searches }: Recording): Pick<Recording, 'variants' | 'searches'> {
  const searched = variants.filter((_, index) => searches[index]!.length > 0);
  return { variants: searched.length === 0 ? variants : searched, searches: searches.filter(({ length }) => length > 0) };
}

/** Both sides, first one and then the other: what the machine does besides hits both alike. */
async function measureOne(recording: Recording, clients: number, { origin, url, round, times, ...options }: Measuring): Promise<void> {
  const { title } = recording;
  const { variants, searches } = comparable(recording);
  const sides: readonly Side[] = round % 2 === 0 ? ['bare', 'api'] : ['api', 'bare'];
  for (const side of sides) {
    options.signal.throwIfAborted();
    const groups = side === 'api' ? variants.map((variant) => [variant]) : searches;
    if (groups.length === 0) continue;
    const key = timesKey(title, clients, side);
    const { seconds } = options;
    const atMostSeconds = seconds * MOST_TIMES;
    const measured = await runLoad({ url: side === 'api' ? origin : url, groups, clients, seconds, atMostSeconds });
    const before = times.get(key) ?? [];
    times.set(
      key,
      measured.map((list, index) => [...(before[index] ?? []), ...list]),
    );
  }
}

function resultOf({ title, variants, searches, overlapped }: Recording, times: Times): EndpointResult {
  const [{ method, path }] = variants as readonly [WireRequest];
  return {
    title,
    example: `${method} ${path}`,
    searches: Math.max(...searches.map(({ length }) => length)),
    overlapped,
    loads: CLIENTS.map((clients) => {
      const [api, bare] = [times.get(timesKey(title, clients, 'api'))!, times.get(timesKey(title, clients, 'bare'))];
      return { clients, api: latency(api), bare: bare === undefined ? null : latency(bare), added: addedTime(api, bare) };
    }),
  };
}

function latency(times: readonly (readonly number[])[]): Latency {
  const all = times.flat();
  return { requests: all.length, p50: quantile(all, 0.5), p99: quantile(all, 0.99) };
}

/** Questions cost differently, so each is compared with itself. Null when none was answered on both sides. */
export function addedTime(api: readonly (readonly number[])[], bare: readonly (readonly number[])[] | undefined): number | null {
  const added = (bare ?? []).flatMap((list, index) => {
    const theirs = api[index] ?? [];
    return list.length === 0 || theirs.length === 0 ? [] : [quantile(theirs, 0.5) - quantile(list, 0.5)];
  });
  return added.length === 0 ? null : quantile(added, 0.5);
}
