/** Fields that tell under which submission a document stands (spec 02 §4.5 "Submission"). */
import type { BinaryEvent, StringMap } from '../../schemas/events.js';
import { compareCodePoints } from '../code-points.js';
import { md5 } from '../digest.js';
import { freeForm } from '../free-form.js';
import type { SourceSettings } from '../settings.js';
import { sortedKeys } from '../sort.js';
import type { DocumentBody } from '../types.js';

export interface SubmissionFields {
  readonly depth: number | undefined;
  readonly references: string | undefined;
  readonly referencesGrouped: string | undefined;
  readonly source: DocumentBody | undefined;
}

/** An enriched document belongs to no submission. */
export const NO_SUBMISSION: SubmissionFields = { depth: undefined, references: undefined, referencesGrouped: undefined, source: undefined };

/** What of the source was computed before, because ids and labels need it too. */
export interface SourceParts {
  readonly security: string;
  readonly time: string;
  readonly settings: SourceSettings;
}

function depthOf(event: BinaryEvent): number {
  const depth = event.source.path.length - 1;
  return event.action === 'augmented' ? Math.max(0, depth - 1) : depth;
}

function encodedSettings(settings: StringMap | undefined): readonly DocumentBody[] | undefined {
  if (settings === undefined) return undefined;
  const keys = sortedKeys(settings);
  return keys.length === 0 ? undefined : keys.map((key) => ({ key, value: settings[key]! }));
}

function encodedReferences(references: StringMap | undefined): readonly DocumentBody[] | undefined {
  if (references === undefined) return undefined;
  const list = Object.keys(references).map((key) => ({ key, value: references[key]!, key_value: `${key}.${references[key]!}` }));
  if (list.length === 0) return undefined;
  return list.sort((a, b) => compareCodePoints(a.key_value, b.key_value));
}

/** Groups submissions of a source by its priority references alone; without any it is the submission itself. */
function grouped(event: BinaryEvent, references: StringMap | undefined, priority: readonly string[]): string {
  if (references === undefined) return event.track_source_references;
  let text = '';
  for (const name of priority) {
    if (Object.hasOwn(references, name)) text += `${name}.${references[name]!}.`;
  }
  return text === '' ? event.track_source_references : `${event.source.name}.${md5(text)}`;
}

/** Depth, references and the source without its path. */
export function submissionFields(event: BinaryEvent, parts: SourceParts): SubmissionFields {
  const references = freeForm(event.source.references);
  const settings = freeForm(event.source.settings);
  return {
    depth: depthOf(event),
    references: event.track_source_references,
    referencesGrouped: grouped(event, references, parts.settings.priorityReferences),
    source: {
      security: parts.security,
      name: event.source.name,
      timestamp: parts.time,
      settings,
      references,
      encoded_settings: encodedSettings(settings),
      encoded_references: encodedReferences(references),
    },
  };
}
