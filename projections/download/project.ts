/** One download event to a document among the statuses (spec 02 §5.2). */
import type { DownloadAction } from '../../schemas/enums.js';
import type { DownloadEvent } from '../../schemas/events.js';
import { folded, written } from '../fold-result.js';
import { normalisedLabel } from '../labels.js';
import { RefusalError } from '../refusal.js';
import type { ProjectionSettings } from '../settings.js';
import { sourcedLabels, statusWrite } from '../status/document.js';
import type { DocumentBody, FoldResult, StreamRecord } from '../types.js';

interface Outcome {
  readonly status: string;
  readonly message: string;
}

/** What a download action looks like among the statuses. */
export const DOWNLOAD_OUTCOMES: ReadonlyMap<string, Outcome> = new Map<DownloadAction, Outcome>([
  ['requested', { status: 'download-requested', message: 'Download was requested and is pending.' }],
  ['success', { status: 'completed', message: 'Download has successfully found the file and completed.' }],
  ['failed', { status: 'error-exception', message: 'The download request has failed with an error.' }],
  ['failed-not-found', { status: 'opt-out', message: 'Download was attempted but the requested sha256 was not found.' }],
  ['skipped-already-present', { status: 'opt-out', message: 'Download was skipped because the sha256 is already in Azul.' }],
]);

function entityBody(event: DownloadEvent): DocumentBody {
  const outcome = DOWNLOAD_OUTCOMES.get(event.action);
  if (outcome === undefined)
    throw new RefusalError('ValidationError', `action is ${JSON.stringify(event.action)}, expected a download action`);
  const { status, message } = outcome;
  return { status, error: '', message, runtime: 0, input: { entity: { sha256: event.entity.hash } } };
}

/** Folds a download record. */
export function foldDownload(record: StreamRecord<DownloadEvent>, settings: ProjectionSettings): FoldResult {
  const { event } = record;
  return folded(event.kafka_key, () => {
    const { name, category, version, security } = event.author;
    const normalised = normalisedLabel(settings.security, security);
    const author = { security: normalised, category: category ?? null, name, version: version ?? null };
    const labels = sourcedLabels(normalised, event.source, settings);
    return written(statusWrite(record, { author, entity: entityBody(event), labels }, settings));
  });
}
