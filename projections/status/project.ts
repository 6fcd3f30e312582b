/** One status event to its document (spec 02 §5.1). */
import type { StatusEntity, StatusEvent } from '../../schemas/events.js';
import { folded, written } from '../fold-result.js';
import { authorBody, normalisedLabel } from '../labels.js';
import { RefusalError } from '../refusal.js';
import type { ProjectionSettings } from '../settings.js';
import type { DocumentBody, FoldResult, StreamRecord } from '../types.js';
import { sourcedLabels, statusWrite } from './document.js';

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

/** Folds a status record; an author without category is refused. */
export function foldStatus(record: StreamRecord<StatusEvent>, settings: ProjectionSettings): FoldResult {
  const { event } = record;
  return folded(event.kafka_key, () => {
    if (event.author.category === undefined) {
      throw new RefusalError('KeyError', `author.category is absent (author ${JSON.stringify(event.author.name)})`);
    }
    const security = normalisedLabel(settings.security, event.author.security);
    const labels = sourcedLabels(security, event.entity.input.source, settings);
    return written(statusWrite(record, { author: authorBody(event.author, security), entity: entityBody(event.entity), labels }, settings));
  });
}
