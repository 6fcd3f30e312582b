/**
 * What the dispatcher demands of an event at publication (spec 01 §9.1). A record that is read is not judged by these
 * rules; derived children and events that metafold publishes are.
 */
import { BINARY_ACTIONS, DATASTREAM_LABELS, DOWNLOAD_ACTIONS } from './enums.js';
import type {
  AzulEvent,
  BinaryEntityDatastream,
  BinaryEvent,
  DownloadEvent,
  EventByModel,
  EventSource,
  InsertEvent,
  Model,
  StatusEvent,
} from './events.js';

const actions: ReadonlySet<string> = new Set(BINARY_ACTIONS);
const labels: ReadonlySet<string> = new Set(DATASTREAM_LABELS);
const downloadActions: ReadonlySet<string> = new Set(DOWNLOAD_ACTIONS);

/** The reason why the dispatcher would refuse to publish an event, or undefined. It names the field, the value and what was expected. */
export function publishFault<M extends Model>(model: M, event: EventByModel[M]): string | undefined {
  if (event.author.name === '') return 'author.name: "", expected a name';
  const checked: AzulEvent = event;
  switch (model) {
    case 'binary':
      return binaryFault(checked as BinaryEvent);
    case 'status':
      return statusFault(checked as StatusEvent);
    case 'insert':
      return insertFault(checked as InsertEvent);
    case 'download':
      return downloadFault(checked as DownloadEvent);
    default:
      return undefined;
  }
}

/** `publishFault` of a binary event. */
export function binaryFault(event: BinaryEvent): string | undefined {
  if (event.author.name === '') return 'author.name: "", expected a name';
  if (!actions.has(event.action)) return outside('action', event.action, actions);
  if (event.source.path.length === 0) return 'source.path: [], expected at least one node';
  const { datastreams } = event.entity;
  return (
    sourceFault(event.source) ?? labelFault(datastreams, 'entity.datastreams') ?? enrichedParentFault(event.source) ?? streamsFault(event)
  );
}

/** Source rules of binary and download events. */
function sourceFault(source: EventSource): string | undefined {
  if (source.name === '') return 'source.name: "", expected a name';
  for (const [i, node] of source.path.entries()) {
    const path = `source.path[${i}]`;
    if (node.sha256 === '') return `${path}.sha256: "", expected a hash`;
    if (!actions.has(node.action)) return outside(`${path}.action`, node.action, actions);
    if (node.author.name === '') return `${path}.author.name: "", expected a name`;
  }
  return undefined;
}

function labelFault(datastreams: readonly BinaryEntityDatastream[], path: string): string | undefined {
  const i = datastreams.findIndex(({ label }) => !labels.has(label));
  return i < 0 ? undefined : outside(`${path}[${i}].label`, datastreams[i]!.label, labels);
}

function enrichedParentFault({ path }: EventSource): string | undefined {
  const i = path.findIndex(({ action }, n) => action === 'enriched' && n < path.length - 1);
  return i < 0 ? undefined : `source.path[${i}].action: "enriched", expected at the last node only`;
}

/** Which datastreams an action must or may not have. */
function streamsFault({ action, entity }: BinaryEvent): string | undefined {
  const found = new Set(entity.datastreams.map(({ label }) => label));
  const has = `entity.datastreams: labels [${[...found].join(', ')}] with action "${action}"`;
  if (action === 'enriched') return found.size > 0 ? `${has}, expected none` : undefined;
  if (action === 'mapped') return found.has('content') ? `${has}, expected no content` : undefined;
  if (!found.has('content')) return `${has}, expected content`;
  return action === 'augmented' && found.size < 2 ? `${has}, expected another one beside content` : undefined;
}

/** `input` itself and the text of `status` are not checked. */
function statusFault({ entity }: StatusEvent): string | undefined {
  if (entity.input.dequeued === undefined || entity.input.dequeued === '') return 'entity.input.dequeued: "", expected a task id';
  for (const [i, result] of entity.results.entries()) {
    const fault = binaryFault(result);
    if (fault !== undefined) return `entity.results[${i}].${fault}`;
  }
  return undefined;
}

/** What an insert has to name. The value of `child_history.action` is not checked here, only later in the derived child. */
export function insertFault({ entity }: InsertEvent): string | undefined {
  const { parent_sha256: parent, child, child_history: history } = entity;
  if (parent === '') return 'entity.parent_sha256: "", expected a hash';
  if (history.sha256 === '') return 'entity.child_history.sha256: "", expected a hash';
  if (history.action === '') return 'entity.child_history.action: "", expected an action';
  if (history.author.name === '') return 'entity.child_history.author.name: "", expected a name';
  return labelFault(child.datastreams, 'entity.child.datastreams');
}

function downloadFault(event: DownloadEvent): string | undefined {
  return downloadActions.has(event.action) ? sourceFault(event.source) : outside('action', event.action, downloadActions);
}

function outside(path: string, value: string, expected: ReadonlySet<string>): string {
  const shown = JSON.stringify(value.length > 80 ? value.slice(0, 80) + '…' : value);
  return `${path}: ${shown}, expected one of ${[...expected].join(', ')}`;
}
