/**
 * Brings generations up to the log's end and, if wanted, before the readers: the common part of `rebuild` and of activating an old
 * generation. It may be stopped or killed at any moment and begun again, also by several at once: what is folded is committed in the
 * generation's own groups, every other step can be repeated.
 */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import type { Docname } from '../../projections/index-names.js';
import { createDecoder } from '../../streams/decode.js';
import { createGroupLagReader, type PartitionLag } from '../../streams/group-lag.js';
import { createRegistry } from '../../streams/registry.js';
import type { Config } from '../config/index.js';
import { createMetrics } from '../metrics.js';
import { configuredTemplates } from '../opensearch/template-settings.js';
import { ensureTemplates } from '../opensearch/templates.js';
import { parentFactory } from '../sinks/parents.js';
import { createFoldSink } from '../worker/fold-sink.js';
import { createTotals } from '../worker/observe.js';
import { workerSettings } from '../worker/settings.js';
import { activeRecord, generationRecord, type ControlRecord } from './control-record.js';
import { completeSwaps } from './active.js';
import { carryOver } from './carry-over.js';
import type { ControlTopic } from './control-topic.js';
import { projectionsOf } from './families.js';
import { startFillers } from './fillers.js';
import { foldTargets, readKnown } from './known.js';
import { restoreIndices } from './restore.js';
import { readLogTables } from '../tables/log-tables.js';
import { goneBefore, unexpired, type Keeps } from './retention.js';
import { Watch } from './watch.js';

export interface BringUpDependencies {
  readonly client: Client;
  readonly control: ControlTopic;
  readonly config: Config;
  readonly log: Logger;
  /** Ends the work after the step in hand. */
  readonly signal: AbortSignal;
  /** Events of the log that are folded, and all; called about twice a second. */
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
}

export interface BringUpOptions {
  readonly generations: ReadonlyMap<Docname, number>;
  /** Folding processes on this machine. */
  readonly workers: number;
  /** Log level of the processes. */
  readonly workerLogLevel: string;
  readonly swap: boolean;
}

export interface BringUpResult {
  /** Events of the log at the end, and those of them that are folded. */
  readonly events: number;
  readonly folded: number;
  /** Documents carried over, because the log has no record of them any more. */
  readonly carriedOver: number;
  /** Contributions that are in neither. */
  readonly lost: number;
  /** Documents that could not be carried over: see the log. */
  readonly refused: number;
  /** False when it was stopped before. */
  readonly caughtUp: boolean;
}

export async function bringUp(options: BringUpOptions, deps: BringUpDependencies): Promise<BringUpResult> {
  const { client, control, config, log } = deps;
  const { generations } = options;
  await prepare(generations, deps);
  const reader = createGroupLagReader(config.kafka.brokers, config.kafka.client);
  const fillers = startFillers(options.workers, generations, options.workerLogLevel);
  const watch = new Watch(generations, reader, fillers, deps);
  try {
    let end = await watch.untilCaughtUp('fold');
    const carried = end === 'caught-up' ? await carryOverAll(generations, await watch.logStarts(), deps) : NOTHING_CARRIED;
    if (end !== 'stopped') {
      const { templates } = configuredTemplates(config, await readyTargets(generations, deps));
      await restoreIndices(client, templates, log);
      // That may have taken a while; the processes have gone on folding.
      end = await watch.untilCaughtUp('catch up');
    }
    if (end === 'stopped') return { ...watch.reached, ...carried, caughtUp: false };
    if (end === 'active') await completeSwaps(client, config.partition, control);
    else await (options.swap ? makeActive(generations, deps) : control.write(completeRecords(generations, deps)));
    return { ...watch.reached, ...carried, caughtUp: true };
  } finally {
    await fillers.end();
    reader.close();
  }
}

async function prepare(generations: ReadonlyMap<Docname, number>, { client, control, config, log }: BringUpDependencies): Promise<void> {
  const known = await readKnown(client, config.partition, control.state);
  const { templates, elasticSources } = configuredTemplates(config, foldTargets(config.partition, known, generations));
  await ensureTemplates(client, templates, elasticSources, log);
}

/** The generations as they are to be when readers come. */
async function readyTargets(generations: ReadonlyMap<Docname, number>, { client, control, config }: BringUpDependencies) {
  const targets = foldTargets(config.partition, await readKnown(client, config.partition, control.state), generations);
  return new Map([...targets].map(([docname, target]) => [docname, { ...target, filling: false }]));
}

/** Tells everybody which generations are active from now on, then lets readers see them. */
export async function makeActive(
  generations: ReadonlyMap<Docname, number>,
  { client, control, config }: Pick<BringUpDependencies, 'client' | 'control' | 'config'>,
): Promise<void> {
  const time = new Date().toISOString();
  const { partition } = config;
  await control.write([...generations].map(([docname, generation]) => activeRecord(partition, docname, generation, time)));
  await completeSwaps(client, partition, control);
}

function completeRecords(generations: ReadonlyMap<Docname, number>, { control, config }: BringUpDependencies): ControlRecord[] {
  return [...generations].flatMap(([docname, generation]) => {
    const record = control.state.generations(docname).find((one) => one.generation === generation);
    return record?.state === 'filling' ? [generationRecord(config.partition, { ...record, state: 'complete' })] : [];
  });
}

const NOTHING_CARRIED = { carriedOver: 0, lost: 0, refused: 0 };

/** From the active generations. The log is at its end for the new ones: what it has lost meanwhile, they have read before. */
async function carryOverAll(
  generations: ReadonlyMap<Docname, number>,
  starts: readonly PartitionLag[],
  deps: BringUpDependencies,
): Promise<typeof NOTHING_CARRIED> {
  const { client, control, config, log, signal } = deps;
  const keeps = await standing(deps);
  const known = await readKnown(client, config.partition, control.state);
  const targets = foldTargets(config.partition, known, generations);
  const settings = workerSettings(config, targets);
  const { sink } = createFoldSink(settings, { client, metrics: createMetrics(), totals: createTotals(), log, signal });
  const inForce = unexpired(config.sources, BigInt(Date.now()) * 1000n);
  const total = { ...NOTHING_CARRIED };
  let scanned = 0;
  for (const [docname, { partition: toPartition }] of targets) {
    const before = scanned;
    const { documents, lost, refused } = await carryOver({
      client,
      basePartition: config.partition,
      docname,
      from: known.get(docname)!.active,
      toPartition,
      isGone: goneBefore(starts),
      keeps: (contribution) => inForce(contribution) && keeps(contribution),
      sink,
      parentOf: parentFactory(projectionsOf([docname])[0]!, toPartition),
      signal,
      log,
      onProgress: (done) => deps.onProgress('carry over', (scanned = before + done), null),
    });
    total.carriedOver += documents;
    total.lost += lost;
    total.refused += refused;
  }
  return total;
}

/** What deletes and inserts say of contributions that are carried over. */
async function standing({ config }: BringUpDependencies): Promise<Keeps> {
  const registry = config.registryUrl === undefined ? undefined : createRegistry({ url: config.registryUrl });
  const tables = await readLogTables(config.kafka, createDecoder({ registry }));
  return (contribution) => tables.derivationHolds(contribution) && tables.deleteOf(contribution) === undefined;
}
