/** One status event to its document (spec 02 §5.1). */
import type { StatusEntity, StatusEvent } from '../../schemas/events.js';
import { MAX_MICROS } from '../../schemas/time.js';
import { folded, written } from '../fold-result.js';
import { authorBody, normalisedLabel } from '../labels.js';
import { RefusalError } from '../refusal.js';
import type { ProjectionSettings } from '../settings.js';
import type { DocumentBody, FoldResult, StreamRecord } from '../types.js';
import { sourcedLabels, statusWrite } from './document.js';
import { statusPartition } from './partition.js';

/** Of the input only the hash is shown, as received; results and all else of it are not. */
function entityBody(entity: StatusEntity): DocumentBody {
  return {
    status: entity.status,
    runtime: entity.runtime,
    error: entity.error,
    message: entity.message,
    input: { entity: { sha256: entity.input.entity.sha256 } },
  };
}

/**
 * Whether a status of the task may stand in the index of an earlier time: all of a task's statuses of one plugin have one key, and the task began
 * when it was dequeued, which the last part of `dequeued` tells in unix seconds (spec 01 §8).
 */
function mayHaveMoved({ timestamp, entity }: StatusEvent, { statusPartitionUnit }: ProjectionSettings): boolean {
  const { dequeued } = entity.input;
  if (statusPartitionUnit === 'all' || dequeued === undefined) return false;
  const began = dequeued.slice(dequeued.lastIndexOf('.') + 1);
  if (!/^\d{1,12}$/.test(began)) return false;
  const start = BigInt(began) * 1_000_000n;
  return start <= MAX_MICROS && statusPartition(start, statusPartitionUnit) !== statusPartition(timestamp, statusPartitionUnit);
}

/** Folds a status record; an author without category is refused. */
export function foldStatus(record: StreamRecord<StatusEvent>, settings: ProjectionSettings): FoldResult {
  const { event } = record;
  return folded(event.kafka_key, () => {
    if (event.author.category === undefined) {
      throw new RefusalError('KeyError', `author.category is absent (author ${JSON.stringify(event.author.name)})`);
    }
    const security = normalisedLabel(settings.security, event.author.security);
    const labels = sourcedLabels(security, event.entity.input.source, settings);
    const write = statusWrite(record, { author: authorBody(event.author, security), entity: entityBody(event.entity), labels }, settings);
    return written(mayHaveMoved(event, settings) ? { ...write, moved: true } : write);
  });
}
