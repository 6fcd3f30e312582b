/**
 * What the Python models of Azul accept (spec 01 §5.3), a step after decoding. On the hot path: nothing is made while the event
 * is fine; the reason of a refusal is put together only then.
 */
import { BINARY_ACTIONS, DATASTREAM_LABELS, DOWNLOAD_ACTIONS, FEATURE_TYPES, STATUSES } from './enums.js';
import type {
  AzulEvent,
  BinaryEntity,
  BinaryEvent,
  DownloadEvent,
  EventByModel,
  EventSource,
  InsertEvent,
  JsonText,
  Model,
  PluginEvent,
  StatusEvent,
} from './events.js';
import { insertFault } from './publish-rules.js';

/** The rules of publication stand beside those of acceptance. */
export { binaryFault, publishFault } from './publish-rules.js';

export interface ValidateOptions {
  /** The caller parses `info` itself and refuses what is no JSON object; here only its first character is looked at. */
  readonly infoParsedLater?: boolean;
}

/** What of an event is looked at, as paths of `partOf`: so much of it has to be read to validate it. */
const BINARY_PARTS = ['kafka_key', 'action', 'source.path.action', 'entity.features.type', 'entity.datastreams.label', 'entity.info'];
export const VALIDATED_PARTS: Readonly<Record<'binary' | 'status', readonly string[]>> = {
  binary: BINARY_PARTS,
  status: [
    'kafka_key',
    'entity.status',
    ...BINARY_PARTS.map((path) => `entity.input.${path}`),
    ...BINARY_PARTS.map((path) => `entity.results.${path}`),
  ],
};

const actions: ReadonlySet<string> = new Set(BINARY_ACTIONS);
const featureTypes: ReadonlySet<string> = new Set(FEATURE_TYPES);
const labels: ReadonlySet<string> = new Set(DATASTREAM_LABELS);
const statuses: ReadonlySet<string> = new Set(STATUSES);
const downloadActions: ReadonlySet<string> = new Set(DOWNLOAD_ACTIONS);

/**
 * The reason why the Python models would reject an event, or undefined: it names the field, the value and what was
 * expected. Plugin features with an empty `desc` or with tags are accepted. Of a delete and a retrohunt event only the key is looked
 * at, as no Python model reads them from the log; an unknown delete action deletes nothing. An insert is refused when, whatever the
 * parent, its child could not be accepted: one letter for the insert instead of one for each parent. The action of its
 * `child_history` is left to the child, as at publication.
 */
export function validateEvent<M extends Model>(model: M, event: EventByModel[M], options: ValidateOptions = {}): string | undefined {
  if (event.kafka_key === '') return 'kafka_key: "", expected a key';
  const later = options.infoParsedLater === true;
  const checked: AzulEvent = event;
  switch (model) {
    case 'binary':
      return binaryReason(checked as BinaryEvent, '', later);
    case 'status':
      return statusReason(checked as StatusEvent, later);
    case 'plugin':
      return pluginReason(checked as PluginEvent);
    case 'download':
      return downloadReason(checked as DownloadEvent);
    case 'insert':
      return insertReason(checked as InsertEvent, later);
    default:
      return undefined;
  }
}

function binaryReason(event: BinaryEvent, path: string, infoParsedLater: boolean): string | undefined {
  if (!actions.has(event.action)) return outside(path + 'action', event.action, actions);
  return (
    entityReason(event.entity, path, 'entity') ??
    pathReason(event.source, path) ??
    jsonReason(event.entity.info, `${path}entity.info`, infoParsedLater)
  );
}

/** Feature types and labels. */
function entityReason({ features, datastreams }: BinaryEntity, path: string, name: string): string | undefined {
  for (let i = 0; i < features.length; i++) {
    const type = features[i]!.type;
    if (!featureTypes.has(type)) return outside(`${path}${name}.features[${i}].type`, type, featureTypes);
  }
  for (let i = 0; i < datastreams.length; i++) {
    const label = datastreams[i]!.label;
    if (!labels.has(label)) return outside(`${path}${name}.datastreams[${i}].label`, label, labels);
  }
  return undefined;
}

function insertReason(event: InsertEvent, infoParsedLater: boolean): string | undefined {
  const { child } = event.entity;
  return insertFault(event) ?? entityReason(child, 'entity.', 'child') ?? jsonReason(child.info, 'entity.child.info', infoParsedLater);
}

function pathReason(source: EventSource, path: string): string | undefined {
  const nodes = source.path;
  for (let i = 0; i < nodes.length; i++) {
    const action = nodes[i]!.action;
    if (!actions.has(action)) return outside(`${path}source.path[${i}].action`, action, actions);
  }
  return undefined;
}

/** The input needs a key as well; results get theirs when they are folded (spec 01 §10.3). */
function statusReason(event: StatusEvent, infoParsedLater: boolean): string | undefined {
  const { input, status, results } = event.entity;
  if (!statuses.has(status)) return outside('entity.status', status, statuses);
  if (input.kafka_key === '') return 'entity.input.kafka_key: "", expected a key';
  const reason = binaryReason(input, 'entity.input.', infoParsedLater);
  if (reason !== undefined) return reason;
  for (let i = 0; i < results.length; i++) {
    const resultReason = binaryReason(results[i]!, `entity.results[${i}].`, infoParsedLater);
    if (resultReason !== undefined) return resultReason;
  }
  return undefined;
}

function pluginReason(event: PluginEvent): string | undefined {
  const { features } = event.entity;
  for (let i = 0; i < features.length; i++) {
    const type = features[i]!.type;
    if (!featureTypes.has(type)) return outside(`entity.features[${i}].type`, type, featureTypes);
  }
  return undefined;
}

function downloadReason(event: DownloadEvent): string | undefined {
  if (!downloadActions.has(event.action)) return outside('action', event.action, downloadActions);
  return pathReason(event.source, '') ?? jsonReason(event.entity.metadata, 'entity.metadata', false);
}

function jsonReason(text: JsonText | undefined, path: string, parsedLater: boolean): string | undefined {
  if (text === undefined) return undefined;
  if (!/^[ \t\r\n]*\{/.test(text)) return `${path}: ${quote(text)}, expected a JSON object`;
  if (parsedLater) return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `${path}: ${quote(text)}, expected a JSON object (${(error as Error).message})`;
  }
}

function outside(path: string, value: string, expected: ReadonlySet<string>): string {
  return `${path}: ${quote(value)}, expected one of ${[...expected].join(', ')}`;
}

function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? value.slice(0, 80) + '…' : value);
}
