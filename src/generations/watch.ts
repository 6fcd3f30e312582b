/** Watches how far the groups of some generations are: for progress, and for the moment in which readers may come. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { generationPartition } from '../../projections/generations.js';
import type { Docname } from '../../projections/index-names.js';
import type { GroupLagReader, PartitionLag } from '../../streams/group-lag.js';
import type { Config } from '../config/index.js';
import { summariseLag } from '../start/log-state.js';
import { consumerGroup, subscriptions } from '../worker/binding.js';
import { CaughtUp } from './caught-up.js';
import type { ControlTopic } from './control-topic.js';
import { projectionsOf } from './families.js';
import type { Fillers } from './fillers.js';

export interface WatchDependencies {
  readonly control: ControlTopic;
  readonly config: Config<'kafka'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number, total: number) => void;
}

const POLL_MS = 500;
/** Readers may lose sight of the events of so many seconds for a moment, until they are folded. */
const CAUGHT_UP_WITHIN_MS = 10_000;

/** Watches the groups of the generations. */
export class Watch {
  reached = { events: 0, folded: 0 };
  private readonly caughtUp = new CaughtUp(CAUGHT_UP_WITHIN_MS);

  constructor(
    private readonly generations: ReadonlyMap<Docname, number>,
    private readonly reader: GroupLagReader,
    private readonly fillers: Fillers,
    private readonly deps: WatchDependencies,
  ) {}

  /** Resolves when the generations have caught up, another process has made them active, or the work is to end. */
  async untilCaughtUp(stage: string): Promise<'caught-up' | 'active' | 'stopped'> {
    const { signal, onProgress } = this.deps;
    while (!signal.aborted) {
      if (this.isActive()) return 'active';
      this.fillers.check();
      const lags = await this.lags();
      if (lags !== undefined) {
        const { events, folded } = summariseLag(lags);
        this.reached = { events, folded };
        onProgress(stage, folded, events);
        if (this.caughtUp.observe(performance.now(), [...lags.values()].flat())) return 'caught-up';
      }
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
    return 'stopped';
  }

  /** First offsets of all partitions that are folded, as they are now. Waits for the broker. */
  async logStarts(): Promise<readonly PartitionLag[]> {
    for (;;) {
      const lags = await this.lags();
      if (lags !== undefined) return [...lags.values()].flat();
      await sleep(POLL_MS, undefined, { signal: this.deps.signal });
    }
  }

  private isActive(): boolean {
    const { state } = this.deps.control;
    return [...this.generations].every(([docname, generation]) => state.active(docname) === generation);
  }

  /** By projection; undefined while the broker can't be asked. */
  private async lags(): Promise<Map<string, readonly PartitionLag[]> | undefined> {
    const { config, log } = this.deps;
    const lags = new Map<string, readonly PartitionLag[]>();
    try {
      for (const projection of projectionsOf([...this.generations.keys()])) {
        const partition = generationPartition(config.partition, this.generations.get(projection.docname)!);
        const group = consumerGroup(partition, projection.name, config.ingestorVersionSuffix);
        lags.set(projection.name, await this.reader.lag(group, subscriptions(projection, config.kafka.topicPrefix).flat()));
      }
      return lags;
    } catch (error) {
      log.warn({ err: error }, 'lag cannot be read');
      return undefined;
    }
  }
}
