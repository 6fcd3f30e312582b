/**
 * Keys and tracking fields as the dispatcher computes them at publication (spec 01 §8). Folding trusts the stored ones;
 * these are for what comes without: status results, derived children and events that metafold publishes itself.
 */
import { createHash } from 'node:crypto';
import type {
  BinaryEvent,
  EventAuthor,
  EventSource,
  EventSourcePathNode,
  InsertEvent,
  PluginEvent,
  StatusEvent,
  StringMap,
} from './events.js';
import { goTime } from './time.js';
import { compareUtf8 } from './utf8-order.js';

/** The fields by which deletes find a binary event (spec 01 §10.1). */
export interface TrackingFields {
  track_source_references: string;
  track_links: string[];
  track_authors: string[];
}

/** Lower-case hex MD5 of the UTF-8 bytes. */
export function md5Hex(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}

/** What a binary event's key is the MD5 of. Throws when the path is empty: such an event has no key. */
export function binaryDescriptor(source: EventSource): string {
  const { path } = source;
  const current = path.at(-1);
  if (current === undefined) throw new Error('source.path: [], expected at least one node');
  const parts = [source.name, source.security ?? '', goTime(source.timestamp).slice(0, 19)];
  parts.push(...sortedPairs(source.references), ...sortedPairs(source.settings), ...distinctSecurities(path));
  const parent = path.at(-2);
  if (parent !== undefined) parts.push(parent.author.name, parent.action, parent.sha256);
  parts.push(current.author.name, current.action, current.sha256);
  return parts.join('.') + '.';
}

/** `key.value` strings, sorted as a whole (not by key). */
function sortedPairs(map: StringMap | undefined): string[] {
  if (map === undefined) return [];
  return Object.keys(map)
    .map((key) => `${key}.${map[key]!}`)
    .sort(compareUtf8);
}

function distinctSecurities(path: readonly EventSourcePathNode[]): string[] {
  const found = new Set<string>();
  for (const { author } of path) if (author.security !== undefined && author.security !== '') found.add(author.security);
  return [...found].sort(compareUtf8);
}

/** `kafka_key` of a binary event with this source. Throws when its path is empty. */
export function binaryKey(source: EventSource): string {
  return md5Hex(binaryDescriptor(source));
}

/** `kafka_key` of a status event. */
export function statusKey(event: Pick<StatusEvent, 'author' | 'entity'>): string {
  return md5Hex(`${event.entity.input.dequeued ?? ''}.${event.author.name}`);
}

/** `kafka_key` of a plugin event. */
export function pluginKey(event: Pick<PluginEvent, 'entity'>): string {
  return md5Hex(`${event.entity.name}.${event.entity.version ?? ''}`);
}

/** `kafka_key` of an insert event. */
export function insertKey(event: Pick<InsertEvent, 'entity'>): string {
  const { parent_sha256: parent, child, child_history: history } = event.entity;
  return md5Hex(`${parent}.${child.sha256 ?? ''}.${history.author.name}`);
}

/** Token of a source's references: here the pairs are sorted by key, unlike in the descriptor. */
export function trackSourceReferences(source: Pick<EventSource, 'name' | 'references'>): string {
  const references = source.references ?? {};
  const keys = Object.keys(references).sort(compareUtf8);
  return `${source.name}.${md5Hex(keys.map((key) => `${key}.${references[key]!}.`).join(''))}`;
}

/** Token of an author; empty parts leave their dots. */
export function trackAuthor(author: EventAuthor): string {
  return `${author.category ?? ''}.${author.name}.${author.version ?? ''}`;
}

/** Token of the step from a parent to a path node; the time is the node's, in UTC, without fraction. */
export function trackLink(parentSha256: string, node: EventSourcePathNode): string {
  const time = goTime(node.timestamp).slice(0, 19).replaceAll('-', '_').replaceAll(':', '_');
  return `${parentSha256}.${node.sha256}.${time}Z_00.${trackAuthor(node.author)}`;
}

/** All three tracking fields of a binary event with this source. */
export function trackingFields(source: EventSource): TrackingFields {
  const { path } = source;
  return {
    track_source_references: trackSourceReferences(source),
    track_links: path.slice(1).map((node, i) => trackLink(path[i]!.sha256, node)),
    track_authors: path.map((node) => trackAuthor(node.author)),
  };
}

/** The tracking fields of an insert event. */
export function insertTracking(event: Pick<InsertEvent, 'entity'>): { track_link: string; track_author: string } {
  const { parent_sha256: parent, child_history: history } = event.entity;
  return { track_link: trackLink(parent, history), track_author: trackAuthor(history.author) };
}

/** Fill in what is empty: key and tracking fields of a status result (spec 01 §10.3). Throws when it needs a key and its path is empty. */
export function withIdentity(event: BinaryEvent): BinaryEvent {
  const tracked = event.track_source_references !== '' && (event.track_authors.length > 0 || event.source.path.length === 0);
  if (event.kafka_key !== '' && tracked) return event;
  const fields = trackingFields(event.source);
  return {
    ...event,
    kafka_key: event.kafka_key === '' ? binaryKey(event.source) : event.kafka_key,
    track_source_references: event.track_source_references === '' ? fields.track_source_references : event.track_source_references,
    track_links: event.track_links.length === 0 ? fields.track_links : event.track_links,
    track_authors: event.track_authors.length === 0 ? fields.track_authors : event.track_authors,
  };
}
