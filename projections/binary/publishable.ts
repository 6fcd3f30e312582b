/** What the dispatcher demands of a binary event before it lets it into the log (spec 01 §9.1); it is not asked of stored records. */
import { BINARY_ACTIONS, DATASTREAM_LABELS } from '../../schemas/enums.js';
import type { BinaryEntityDatastream, BinaryEvent, EventSource } from '../../schemas/events.js';

const ACTIONS: ReadonlySet<string> = new Set(BINARY_ACTIONS);
const LABELS: ReadonlySet<string> = new Set(DATASTREAM_LABELS);

function sourceFault({ name, path }: EventSource): string | undefined {
  if (name === '') return 'source.name is "", expected a name';
  if (path.length === 0) return 'source.path is empty, expected at least one node';
  for (let i = 0; i < path.length; i++) {
    const node = path[i]!;
    const where = `source.path[${i}]`;
    if (node.sha256 === '') return `${where}.sha256 is "", expected a hash`;
    if (!ACTIONS.has(node.action)) return `${where}.action is ${JSON.stringify(node.action)}, expected a binary action`;
    if (node.author.name === '') return `${where}.author.name is "", expected a name`;
    if (node.action === 'enriched' && i < path.length - 1) return `${where}.action is "enriched", possible for the last node only`;
  }
  return undefined;
}

/** Which streams go with an action: enriched has none, mapped no content, all others the content; augmented more than that. */
function streamsFault(action: string, streams: readonly BinaryEntityDatastream[]): string | undefined {
  const labels = new Set(streams.map((stream) => stream.label));
  for (const label of labels) {
    if (!LABELS.has(label)) return `entity.datastreams holds the label ${JSON.stringify(label)}, expected a known one`;
  }
  if (action === 'enriched') return streams.length === 0 ? undefined : 'an enriched event has datastreams, expected none';
  if (action === 'mapped') return labels.has('content') ? 'a mapped event has a content datastream, expected other labels only' : undefined;
  if (!labels.has('content')) return `entity.datastreams holds no content, expected one for action ${action}`;
  if (action === 'augmented' && labels.size < 2) return 'an augmented event has only content datastreams, expected another label';
  return undefined;
}

/** Why the dispatcher would not publish the event; undefined when it would. For events that never passed it: status results, derived children. */
export function publishFault(event: BinaryEvent): string | undefined {
  if (event.author.name === '') return 'author.name is "", expected a name';
  if (!ACTIONS.has(event.action)) return `action is ${JSON.stringify(event.action)}, expected a binary action`;
  return sourceFault(event.source) ?? streamsFault(event.action, event.entity.datastreams);
}
