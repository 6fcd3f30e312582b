/** Sources and what was submitted to them as answers show them (spec 04 §11). */
import Type from 'typebox';
import { PARTITION_UNITS } from '../../config/sources.js';
import type { ReferencesField } from '../sources/references.js';

const Free = Type.Object({}, { additionalProperties: true });

export const Source = Type.Object({
  icon_class: Type.String(),
  references: Type.Array(
    Type.Object({
      name: Type.String(),
      required: Type.Boolean({ description: 'a submission needs it' }),
      description: Type.String(),
      highlight: Type.Boolean(),
      priority: Type.Boolean({ description: 'counts in grouped references' }),
    }),
  ),
  kafka: Type.Object({ numpartitions: Type.Integer(), replicationfactor: Type.Integer(), config: Free }),
  description: Type.String(),
  partition_unit: Type.String({ enum: [...PARTITION_UNITS] }),
  expire_events_after: Type.String({ description: '"0": never' }),
  elastic: Free,
  exclude_from_backup: Type.Boolean(),
  kafka_config_full: Free,
  expire_events_ms: Type.Integer({ description: '-1: never' }),
});

export const Sources = Type.Object({}, { additionalProperties: Source });

export const SourceSummary = Type.Object({
  name: Type.String(),
  newest: Type.Union([Type.String(), Type.Null()], { description: 'when was last submitted; null: never' }),
  num_entities: Type.Integer({ description: 'binaries submitted' }),
});

/** Rows that are named by one of the fields. */
export function referencesList(field: ReferencesField) {
  const row = {
    [field]: Type.String(),
    timestamp: Type.String({ description: 'of the newest submission' }),
    num_entities: Type.Integer({ description: 'binaries' }),
    num_entities_min: Type.Boolean({ description: 'there may be more binaries' }),
    values: Type.Object({}, { additionalProperties: true, description: 'references of the newest submission' }),
  };
  return Type.Object({ items: Type.Array(Type.Object(row)) });
}
