/** What the parts of a worker share. */
import type { Logger } from 'pino';
import type { SecurityPolicy } from '../../../projections/security/policy.js';
import type { KafkaConfig } from '../../config/index.js';
import type { CollectionsConfig } from '../../config/collections.js';
import type { KeyStore, TaskStore } from '../types.js';
import type { Catalogue } from '../log/catalogue.js';
import type { CatchUp } from './catch-up.js';
import type { DeletesLog } from '../log/deletes.js';
import type { GroupOffsets } from './group-offsets.js';
import type { Membership } from './membership.js';
import type { OwnerMetrics } from './metrics.js';
import type { Pump } from './pump.js';
import type { RecordReader } from '../log/records.js';
import type { Turns } from './turns.js';
import type { OwnerTimings } from './timings.js';

export interface OwnerParts {
  readonly kafka: KafkaConfig;
  readonly settings: CollectionsConfig;
  readonly policy: SecurityPolicy;
  readonly tasks: TaskStore;
  readonly store: KeyStore;
  readonly membership: Membership;
  readonly catalogue: Catalogue;
  readonly deletes: DeletesLog;
  readonly records: RecordReader;
  /** The reading that all tasks at the tail of the log share. */
  readonly tail: Pump;
  /** The readings of those that are behind. */
  readonly catchUp: CatchUp;
  /** So many readings of tasks that are behind, and rebuilds, may go on at one time. */
  readonly turns: Turns;
  readonly groupOffsets: GroupOffsets;
  readonly metrics: OwnerMetrics;
  readonly timings: OwnerTimings;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** Name of this worker, for the admin endpoint. */
  readonly name: string;
  readonly log: Logger;
}
