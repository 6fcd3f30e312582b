/** Results that a status record still carries, folded as binary events (spec 01 §10.3). */
import { STATUS_SUCCESS } from '../../schemas/enums.js';
import type { BinaryEvent, Micros } from '../../schemas/events.js';
import { withIdentity } from '../../schemas/identity.js';
import { validateEvent } from '../../schemas/validate.js';
import { joined, refused } from '../fold-result.js';
import { recordOrigin, type Origin } from '../origin.js';
import type { Tables } from '../removal/tables.js';
import type { ProjectionSettings } from '../settings.js';
import type { FoldResult, StreamRecord } from '../types.js';
import { foldBinaryEvent } from './fold.js';
import { publishFault } from './publishable.js';

/** What of a status event its results are made from; the input stays undecoded, and with it the flags, which no document shows. */
export interface StatusResults {
  readonly kafka_key: string;
  readonly timestamp: Micros;
  readonly status: string;
  readonly results: readonly BinaryEvent[];
}

const SUCCESS: ReadonlySet<string> = new Set(STATUS_SUCCESS);
const NOTHING: FoldResult = { writes: [], refusals: [], skips: [] };

function foldResult(result: BinaryEvent, origin: Origin, settings: ProjectionSettings, now: Micros, tables: Tables): FoldResult {
  const fault = publishFault(result);
  if (fault !== undefined) return refused('ValidationError', `result: ${fault}`, result.kafka_key);
  const event = withIdentity(result);
  const reason = validateEvent('binary', event, { infoParsedLater: true });
  if (reason !== undefined) return refused('ValidationError', `result: ${reason}`, event.kafka_key);
  return foldBinaryEvent(event, origin, settings, now, tables);
}

/**
 * Folds the results of a success status; other statuses publish none. Key and tracking fields that are empty are computed.
 * Each result stands for itself: one that is refused does not touch the others.
 */
export function foldStatusResults(
  record: StreamRecord<StatusResults>,
  settings: ProjectionSettings,
  now: Micros,
  tables: Tables,
): FoldResult {
  const { status, results } = record.event;
  if (results.length === 0 || !SUCCESS.has(status)) return NOTHING;
  const origin = recordOrigin(record);
  return joined(results.map((result) => foldResult(result, origin, settings, now, tables)));
}
