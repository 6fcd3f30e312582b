/** One family of documents with all that is needed to make them again from the log: its topics, projections and tables. */
import type { Docname } from '../../projections/index-names.js';
import type { Projection } from '../../projections/index.js';
import type { Tables } from '../../projections/removal/tables.js';
import type { DocumentWrite } from '../../projections/types.js';
import type { Micros } from '../../schemas/events.js';
import type { RawRecord } from '../../streams/consumer.js';
import type { Decoder } from '../../streams/decode.js';
import type { GroupLagReader, PartitionLag } from '../../streams/group-lag.js';
import type { Logger } from 'pino';
import { projectionsOf } from '../generations/families.js';
import { consumerGroup, readingOf, subscriptions } from '../worker/binding.js';
import { createJudge, judgeResolved, type Judge, type Judgement } from '../worker/judge.js';
import { foldSettings, type WorkerSettings } from '../worker/settings.js';
import type { LogTables } from '../tables/log-tables.js';

export interface FamilyMember {
  readonly projection: Projection;
  readonly judge: Judge;
  readonly groupId: string;
  readonly patterns: readonly string[];
}

export interface FamilyDependencies {
  readonly settings: WorkerSettings;
  readonly decoder: Decoder;
  readonly tables: TableHolder;
  readonly reader: GroupLagReader;
  /** The instant against which expiry is tested, throughout. */
  readonly now: Micros;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The tables as they were read last; folds see what is in it now. */
export class TableHolder implements Tables {
  constructor(public current: LogTables) {}

  get deletes(): Tables['deletes'] {
    return this.current.deletes;
  }

  get inserts(): Tables['inserts'] {
    return this.current.inserts;
  }
}

export class Family {
  readonly members: readonly FamilyMember[];
  /** Partition name of the generation. */
  readonly partition: string;
  private readonly byTopic = new Map<string, FamilyMember | undefined>();

  constructor(
    readonly docname: Docname,
    private readonly deps: FamilyDependencies,
  ) {
    const { settings, decoder, tables, log, signal } = deps;
    const projectionSettings = foldSettings(settings, docname);
    this.partition = projectionSettings.partition;
    this.members = projectionsOf([docname]).map((projection) => ({
      projection,
      judge: createJudge({ projection, settings: projectionSettings, decoder, tables, log, signal }),
      groupId: consumerGroup(this.partition, projection.name, settings.versionSuffix),
      patterns: subscriptions(projection, settings.topicPrefix).flat(),
    }));
  }

  /** As its folds see them. */
  get tables(): TableHolder {
    return this.deps.tables;
  }

  get parents(): boolean {
    return this.members.some(({ projection }) => projection.parents);
  }

  /** Who folds a topic's records into this family; undefined for a topic that none of them reads. */
  memberOf(topic: string): FamilyMember | undefined {
    if (!this.byTopic.has(topic)) {
      const reads = ({ projection, patterns }: FamilyMember): boolean =>
        patterns.some((pattern) => new RegExp(pattern).test(topic)) && readingOf(projection, topic) !== undefined;
      this.byTopic.set(topic, this.members.find(reads));
    }
    return this.byTopic.get(topic);
  }

  /** What a record means, as it would now. */
  async judge(record: RawRecord): Promise<Judgement> {
    const { judge } = this.memberOf(record.topic)!;
    return judgeResolved(judge, record, this.deps.now);
  }

  async writesOf(record: RawRecord): Promise<readonly DocumentWrite[]> {
    const judgement = await this.judge(record);
    return judgement.kind === 'tombstone' ? [] : judgement.result.writes;
  }

  /** First and next offsets of all partitions that it reads, and how far its groups have come. */
  async bounds(): Promise<PartitionLag[]> {
    const lists: PartitionLag[] = [];
    for (const { groupId, patterns } of this.members) lists.push(...(await this.deps.reader.lag(groupId, patterns)));
    return lists;
  }
}
