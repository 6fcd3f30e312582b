/**
 * Live documents against a fold of the log up to its end at the start (spec 06 §2.7 `verify`): the common part of `verify` and `repair`. Memory is
 * bounded whatever the length of the log: both sides go through sorted files in a folder of their own, which is removed in the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import type { Docname } from '../../projections/index-names.js';
import type { Contribution } from '../../projections/types.js';
import type { Decoder } from '../../streams/decode.js';
import { createRecordFetcher, type RecordFetcher } from '../../streams/fetch.js';
import { createGroupLagReader, type GroupLagReader, type PartitionLag } from '../../streams/group-lag.js';
import { systemTopicPattern } from '../../streams/topics.js';
import type { KafkaConfig } from '../config/index.js';
import { readIndices } from '../generations/indices.js';
import { generationPartition } from '../../projections/generations.js';
import { openSearchRequest } from '../opensearch/request.js';
import type { WorkerSettings } from '../worker/settings.js';
import { waitForWorkers } from './catch-up.js';
import { createTrust, factsOf } from './facts.js';
import { Family, TableHolder } from './family.js';
import { readUnmappable } from './feature-names.js';
import { addFromLog, addStored, firstLook, type Candidate, type FirstLookCounts } from './first-look.js';
import { readRefusals, type IsRefused } from './letters.js';
import { passLog, type LastRecords } from './log-pass.js';
import { readLogTables } from '../tables/log-tables.js';
import { inSample } from './sample.js';
import { lookAgain, type Difference, type SecondLookDependencies } from './second-look.js';
import { Sorter } from './sorter.js';
import { scanIndex } from './stored.js';

export interface CompareOptions {
  readonly docnames: readonly Docname[];
  /** Share of all documents that are looked at, above 0 and at most 1. */
  readonly sample: number;
}

export interface CompareDependencies {
  readonly client: Client;
  readonly kafka: KafkaConfig;
  /** Base partition. */
  readonly partition: string;
  /** Of the active generations. */
  readonly settings: WorkerSettings;
  readonly decoder: Decoder;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
  /** What is done about differences, some at a time; a family's are in the order of their documents. */
  readonly onDifferences: (differences: readonly Difference[], look: SecondLookDependencies) => Promise<void>;
}

/** Binaries that are looked at again at a time. */
const CHUNK = 400;

/** All families one after the other. Rejects when a server does not answer, and when the signal fires. */
export async function compare(options: CompareOptions, deps: CompareDependencies): Promise<FirstLookCounts> {
  const { kafka, settings } = deps;
  const counts: FirstLookCounts = { documents: 0, unverifiable: 0 };
  const reader = createGroupLagReader(kafka.brokers, kafka.client);
  const fetcher = createRecordFetcher(kafka.brokers, kafka.client, `metafold-compare-${process.pid}`);
  try {
    const start = await begin(deps, reader);
    const families = options.docnames.map((docname) => new Family(docname, { ...deps, settings, reader, ...start }));
    // All ends at one moment: what comes later is nobody's difference.
    const bounds = new Map<Family, readonly PartitionLag[]>();
    for (const family of families) bounds.set(family, await family.bounds());
    for (const family of families) {
      const folder = mkdtempSync(join(tmpdir(), 'metafold-compare-'));
      try {
        await new FamilyComparison(family, bounds.get(family)!, { ...deps, ...options, ...start, reader, fetcher, folder }).run(counts);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  } finally {
    reader.close();
    await fetcher.close();
  }
  return counts;
}

interface Start {
  readonly tables: TableHolder;
  /** Ends of the topics that the tables were read from. */
  readonly tableEnds: string;
  readonly refused: IsRefused;
  /** µs. */
  readonly now: bigint;
}

async function begin({ kafka, decoder }: CompareDependencies, reader: GroupLagReader): Promise<Start> {
  const tableEnds = await endsOfTables(reader, kafka.topicPrefix);
  const tables = new TableHolder(await readLogTables(kafka, decoder));
  return { tables, tableEnds, refused: await readRefusals(kafka), now: BigInt(Date.now()) * 1000n };
}

async function endsOfTables(reader: GroupLagReader, topicPrefix: string): Promise<string> {
  const ends = await reader.lag('metafold-compare', [systemTopicPattern(topicPrefix, 'delete'), systemTopicPattern(topicPrefix, 'insert')]);
  return ends
    .map(({ topic, partition, high }) => `${topic}/${partition}/${high}`)
    .sort()
    .join(' ');
}

interface FamilyDependencies extends CompareDependencies, Start, CompareOptions {
  readonly reader: GroupLagReader;
  readonly fetcher: RecordFetcher;
  readonly folder: string;
}

class FamilyComparison {
  private readonly logReader;
  /** Of the tables that are held now. */
  private tableEnds: string;

  constructor(
    private readonly family: Family,
    private readonly starts: readonly PartitionLag[],
    private readonly deps: FamilyDependencies,
  ) {
    this.logReader = { brokers: deps.kafka.brokers, client: deps.kafka.client, signal: deps.signal };
    this.tableEnds = deps.tableEnds;
  }

  async run(counts: FirstLookCounts): Promise<void> {
    const { family, starts, deps } = this;
    const { folder, signal } = deps;
    const sampled = inSample(deps.sample);
    const documents = new Sorter({ folder, name: 'documents' });
    const last = await passLog({
      ...{ family, bounds: starts, log: this.logReader, folder, sampled, onProgress: deps.onProgress },
      refused: (record) => deps.refused(family.memberOf(record.topic)!.projection.name, record),
      take: (document, contribution) => addFromLog(documents, document, contribution),
    });
    try {
      const trusts = this.createTrust(last);
      const indices = await this.scan((document) => {
        if (sampled(document)) addStored(documents, document, factsOf(document, trusts));
      });
      const look = await this.secondLook(indices, last, trusts);
      const candidates = firstLook(documents.sorted(), { ...look, parents: family.parents }, counts);
      let waited = false;
      for (const chunk of chunks(candidates, CHUNK)) {
        signal.throwIfAborted();
        if (!waited) await this.waitForWorkers();
        waited = true;
        const differences = await lookAgain(chunk, look);
        if (differences.length > 0) await deps.onDifferences(differences, look);
      }
    } finally {
      last.close();
    }
  }

  private createTrust(last: LastRecords): (contribution: Contribution) => boolean {
    const { family, starts, deps } = this;
    const lows = new Map(starts.map(({ topic, partition, low }) => [`${topic}/${partition}`, low]));
    return createTrust({
      isGone: ({ topic, partition, offset }) =>
        family.memberOf(topic) !== undefined && offset < (lows.get(`${topic}/${partition}`) ?? Infinity),
      sources: deps.settings.projection.sources,
      now: deps.now,
      tables: () => deps.tables.current,
      hasSuccessor: (claim) => last.successorOf(claim) !== undefined,
    });
  }

  /** Reads all documents of the family's generation; answers with its indices. */
  private async scan(take: (document: Parameters<typeof factsOf>[0]) => void): Promise<string[]> {
    const { client, partition, signal, onProgress } = this.deps;
    const { docname } = this.family;
    const indices = (await readIndices(client, partition, docname))
      .filter(({ generation }) => generationPartition(partition, generation) === this.family.partition)
      .map(({ index }) => index);
    let read = 0;
    for (const index of indices) {
      await openSearchRequest(client, 'POST', `/${encodeURIComponent(index)}/_refresh`);
      for await (const page of scanIndex(client, index, signal)) {
        for (const document of page) take(document);
        read += page.length;
        onProgress(`documents of ${docname}`, read, null);
      }
    }
    return indices;
  }

  private async secondLook(
    indices: readonly string[],
    last: LastRecords,
    trusts: (contribution: Contribution) => boolean,
  ): Promise<SecondLookDependencies> {
    const { family, starts, logReader, deps } = this;
    return {
      ...{ family, starts, logReader, trusts },
      ...{ client: deps.client, fetcher: deps.fetcher, log: deps.log, signal: deps.signal },
      maxContributions: deps.settings.maxContributions,
      // Binaries are in the log for as long as they count (spec 00 "Retention").
      plainAllowed: !family.parents,
      isSuperseded: (claim) => last.successorOf(claim) === 'other',
      unmappable: await readUnmappable(deps.client, family.parents ? indices : []),
      refreshTables: () => this.refreshTables(),
    };
  }

  private async refreshTables(): Promise<boolean> {
    const { reader, kafka, decoder, tables, tableEnds } = this.deps;
    const ends = await endsOfTables(reader, kafka.topicPrefix);
    if (ends !== this.tableEnds) {
      tables.current = await readLogTables(kafka, decoder);
      this.tableEnds = ends;
    }
    return ends !== tableEnds;
  }

  private waitForWorkers(): Promise<void> {
    const { family, starts, deps } = this;
    return waitForWorkers({
      starts,
      bounds: () => family.bounds(),
      onProgress: (left) => deps.onProgress(`workers of ${family.docname} have to fold`, left, null),
      signal: deps.signal,
    });
  }
}

function* chunks(candidates: Iterable<Candidate>, size: number): Generator<Candidate[]> {
  let chunk: Candidate[] = [];
  for (const candidate of candidates) {
    chunk.push(candidate);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
