/** All generations with what there is of them, for `generations list`. */
import type { Client } from '@opensearch-project/opensearch';
import { FIRST_GENERATION, generationPartition } from '../../projections/generations.js';
import type { Docname } from '../../projections/index-names.js';
import type { GroupLagReader } from '../../streams/group-lag.js';
import type { Config } from '../config/index.js';
import { consumerGroup, subscriptions } from '../worker/binding.js';
import type { ControlState, GenerationState } from './control-record.js';
import { FAMILIES, projectionsOf } from './families.js';
import { readIndices, readSizes } from './indices.js';
import { readKnown } from './known.js';
import { numbersOf, type KnownGenerations } from './plan.js';

export interface ListedGeneration {
  readonly docname: Docname;
  readonly number: number;
  /** Partition name. */
  readonly generation: string;
  readonly active: boolean;
  /** `unknown`: it has indices, but the control topic says nothing of it. */
  readonly state: GenerationState | 'unknown';
  readonly indices: number;
  /** Searchable ones, parents included. */
  readonly documents: number;
  readonly bytes: number;
  /** Records that its groups have not committed; null when it is not known how many. */
  readonly lag: number | null;
  /** RFC 3339; null when nothing of it is left to tell. */
  readonly created: string | null;
}

export function stateOf({ records }: KnownGenerations, generation: number): GenerationState | 'unknown' {
  const record = records.find((one) => one.generation === generation);
  return record?.state ?? (generation === FIRST_GENERATION ? 'complete' : 'unknown');
}

/** Rejects when OpenSearch does not answer; a broker that does not answer leaves the lags open. */
export async function listGenerations(
  client: Client,
  reader: GroupLagReader,
  state: ControlState,
  config: Config<'kafka' | 'opensearch'>,
): Promise<ListedGeneration[]> {
  const known = await readKnown(client, config.partition, state);
  const listed: ListedGeneration[] = [];
  for (const docname of FAMILIES) {
    const family = known.get(docname)!;
    const indices = await readIndices(client, config.partition, docname);
    const sizes = await readSizes(client, config.partition, docname);
    for (const number of numbersOf(family)) {
      const own = indices.filter(({ generation }) => generation === number).flatMap(({ index }) => sizes.get(index) ?? []);
      const oldest = Math.min(...own.map(({ createdMs }) => createdMs));
      const created = family.records.find(({ generation }) => generation === number)?.created;
      listed.push({
        docname,
        number,
        generation: generationPartition(config.partition, number),
        active: number === family.active,
        state: stateOf(family, number),
        indices: own.length,
        documents: own.reduce((sum, { documents }) => sum + documents, 0),
        bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
        lag: await lagOfGeneration(reader, config, docname, number),
        created: created ?? (Number.isFinite(oldest) ? new Date(oldest).toISOString() : null),
      });
    }
  }
  return listed;
}

async function lagOfGeneration(
  reader: GroupLagReader,
  { partition, kafka, ingestorVersionSuffix }: Config<'kafka' | 'opensearch'>,
  docname: Docname,
  generation: number,
): Promise<number | null> {
  let total = 0;
  for (const projection of projectionsOf([docname])) {
    const group = consumerGroup(generationPartition(partition, generation), projection.name, ingestorVersionSuffix);
    const lags = await reader.lag(group, subscriptions(projection, kafka.topicPrefix).flat()).catch(() => undefined);
    if (lags === undefined) return null;
    total += lags.reduce((sum, { lag }) => sum + lag, 0);
  }
  return total;
}
