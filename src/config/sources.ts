/** The sources of the platform as `metastore_sources` lists them (spec 06 §4.3). All are checked at the start. */
import { MetafoldError } from '../errors.js';
import { priorityReferences, type SourceSettings as FoldSettings } from '../../projections/settings.js';
import { boolean, duration, integer, object, oneOf, onlyKeys, structured, text, wrongSetting, type Fields } from './values.js';

export interface SourceReference {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  readonly highlight: boolean;
  /** Counted in `track_source_references_grouped`. */
  readonly priority: boolean;
}

/** One source; the part that the fold needs is what `projections/settings.ts` asks for. */
export interface SourceSettings extends FoldSettings {
  readonly name: string;
  readonly iconClass: string;
  readonly description: string;
  readonly references: readonly SourceReference[];
  readonly partitionUnit: (typeof PARTITION_UNITS)[number];
  /** As configured, such as `3 months`; `0` = for ever. */
  readonly expireEventsAfter: string;
  /** The same in milliseconds; -1 = for ever. */
  readonly expireAfterMs: number;
  readonly elastic: Fields;
  /** 0 = the platform's default. */
  readonly kafka: { readonly numPartitions: number; readonly replicationFactor: number; readonly config: Readonly<Record<string, string>> };
  readonly excludeFromBackup: boolean;
}

export interface SourcesSetting {
  readonly sources: ReadonlyMap<string, SourceSettings>;
  readonly warnings: readonly string[];
}

export const PARTITION_UNITS = ['all', 'year', 'month', 'week', 'day'] as const;

const SOURCE_KEYS = [
  'icon_class',
  'description',
  'references',
  'partition_unit',
  'expire_events_after',
  'elastic',
  'kafka',
  'exclude_from_backup',
];
/** Derived by the peer and part of what its API answers, so settings copied from there have them. */
const DERIVED_KEYS = ['expire_events_ms', 'kafka_config_full'];
const REFERENCE_KEYS = ['name', 'required', 'description', 'highlight', 'priority'];
const KAFKA_KEYS = ['numpartitions', 'replicationfactor', 'config'];

function required<T>(name: string, value: unknown, read: (name: string, value: unknown) => T): T {
  if (value === undefined) throw new MetafoldError('MF_CONFIG', `${name}: missing, expected a value`, { setting: name });
  return read(name, value);
}

function readReference(name: string, value: unknown): SourceReference {
  const fields = object(name, value);
  onlyKeys(name, fields, REFERENCE_KEYS);
  return {
    name: required(`${name}.name`, fields['name'], text),
    required: required(`${name}.required`, fields['required'], boolean),
    description: required(`${name}.description`, fields['description'], text),
    highlight: fields['highlight'] === undefined ? false : boolean(`${name}.highlight`, fields['highlight']),
    priority: fields['priority'] === undefined ? true : boolean(`${name}.priority`, fields['priority']),
  };
}

function readReferences(name: string, value: unknown): SourceReference[] {
  const list = structured(name, value, 'a list of references');
  if (!Array.isArray(list)) throw wrongSetting(name, value, 'a list of references');
  return list.map((item, index) => readReference(`${name}[${index}]`, item));
}

function readKafka(name: string, value: unknown): SourceSettings['kafka'] {
  const fields = object(name, value);
  onlyKeys(name, fields, KAFKA_KEYS);
  const config = fields['config'] === undefined ? {} : object(`${name}.config`, fields['config']);
  const count = (key: string, max: number): number => (fields[key] === undefined ? 0 : integer(0, max)(`${name}.${key}`, fields[key]));
  return {
    numPartitions: count('numpartitions', 100_000),
    replicationFactor: count('replicationfactor', 100),
    config: Object.fromEntries(Object.entries(config).map(([key, item]) => [key, text(`${name}.config.${key}`, item)])),
  };
}

/** `name` is a part of topic names (so no dot) and, on the peer, of index patterns (so not one hash digit). */
function checkName(source: string): void {
  const setting = `metastore_sources.${source}`;
  if (/^[0-9a-f]$/.test(source)) {
    throw wrongSetting(setting, source, 'a name of more than one hexadecimal digit (its templates would match the index of that digit)');
  }
  if (!/^[A-Za-z0-9_-]+$/.test(source)) throw wrongSetting(setting, source, 'a name of letters, digits, "_" and "-"');
}

function readSource(source: string, value: unknown): SourceSettings {
  const name = `metastore_sources.${source}`;
  checkName(source);
  const fields = object(name, value);
  onlyKeys(name, Object.fromEntries(Object.entries(fields).filter(([key]) => !DERIVED_KEYS.includes(key))), SOURCE_KEYS);
  const optional = <T>(key: string, fallback: T, read: (name: string, value: unknown) => T): T =>
    fields[key] === undefined ? fallback : read(`${name}.${key}`, fields[key]);
  const references = optional('references', [], readReferences);
  return {
    name: source,
    iconClass: optional('icon_class', 'bug', text),
    description: optional('description', '', text),
    references,
    priorityReferences: priorityReferences(references),
    partitionUnit: optional('partition_unit', 'year', oneOf(...PARTITION_UNITS)),
    expireAfterMs: optional('expire_events_after', -1, duration),
    expireEventsAfter: optional('expire_events_after', '0', text),
    elastic: optional('elastic', {}, object),
    kafka: optional('kafka', { numPartitions: 0, replicationFactor: 0, config: {} }, readKafka),
    excludeFromBackup: optional('exclude_from_backup', false, boolean),
  };
}

/** Reads `metastore_sources`. Throws MF_CONFIG with the path of the first wrong value; unknown keys are such an error. */
export function readSources(name: string, value: unknown): SourcesSetting {
  const sources = new Map<string, SourceSettings>();
  const warnings: string[] = [];
  for (const [source, item] of Object.entries(object(name, value))) {
    const settings = readSource(source, item);
    sources.set(source, settings);
    if (Object.keys(settings.elastic).length > 0) {
      warnings.push(`${name}.${source}.elastic has no effect: indices are per hash digit, so no index is named after a source`);
    }
  }
  return { sources, warnings };
}
