/**
 * Children that inserts add below a binary (spec 01 §10.2). A derived child is a binary event like any other: it may be a parent
 * itself, and it is subject to deletes, age-off and depth.
 */
import type { BinaryEvent, EventSource, EventSourcePathNode, InsertEvent, StringMap } from '../../schemas/events.js';
import { binaryKey, trackingFields } from '../../schemas/identity.js';
import type { Origin } from '../origin.js';
import type { InsertEntry } from '../removal/insert-table.js';
import type { Tables } from '../removal/tables.js';
import { binaryTokens } from '../tokens.js';
import { publishFault } from './publishable.js';

const INJECTABLE: ReadonlySet<string> = new Set(['sourced', 'extracted', 'augmented']);
const NONE: readonly never[] = [];

/** Whether the last step of an event made the binary that it is about: a second look at one binary gets no children. */
function isInjectable({ action, source: { path } }: BinaryEvent): boolean {
  return INJECTABLE.has(action) && (path.length < 2 || path.at(-1)!.sha256 !== path.at(-2)!.sha256);
}

function sameMaps(a: StringMap = {}, b: StringMap = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

/** Whether two path nodes are equal in all fields. */
function sameNodes(a: EventSourcePathNode, b: EventSourcePathNode): boolean {
  return (
    a.sha256 === b.sha256 &&
    a.timestamp === b.timestamp &&
    a.action === b.action &&
    a.author.name === b.author.name &&
    a.author.version === b.author.version &&
    a.author.category === b.author.category &&
    a.author.security === b.author.security &&
    a.file_format === b.file_format &&
    a.size === b.size &&
    a.filename === b.filename &&
    a.language === b.language &&
    sameMaps(a.relationship, b.relationship)
  );
}

/** The inserts that apply to an event. One whose node the path holds already does not, which ends every cycle. */
export function insertsFor(parent: BinaryEvent, inserts: Tables['inserts']): readonly InsertEntry[] {
  const { sha256 } = parent.entity;
  if (inserts.entries === 0 || sha256 === undefined || !isInjectable(parent)) return NONE;
  const found = inserts.of(sha256);
  if (found.length === 0) return NONE;
  return found.filter(({ event }) => !parent.source.path.some((node) => sameNodes(node, event.entity.child_history)));
}

/** Go's decimal integer of 64 bits; undefined for any other text. */
function goInteger(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const n = BigInt(text);
  return BigInt.asIntN(64, n) === n ? n : undefined;
}

/** The settings that are left at the path's length (spec 01 §10.5); the key is computed before. */
function settingsAtDepth({ settings, path }: EventSource): StringMap | undefined {
  if (settings === undefined || !Object.hasOwn(settings, 'remove_at_depth')) return settings;
  const limit = goInteger(settings['remove_at_depth']!);
  return limit !== undefined && BigInt(path.length) >= limit ? undefined : settings;
}

export interface Derivation {
  readonly event: BinaryEvent;
  /** Why the dispatcher would not publish it: there is no such child then. */
  readonly fault: string | undefined;
}

/** The child that an insert adds below an event. Nothing of either is copied but what changes. */
export function deriveChild(parent: BinaryEvent, insert: InsertEvent): Derivation {
  const { child, child_history: node } = insert.entity;
  const source: EventSource = { ...parent.source, path: [...parent.source.path, node] };
  const event: BinaryEvent = {
    model_version: 6,
    kafka_key: binaryKey(source),
    timestamp: parent.timestamp > insert.timestamp ? parent.timestamp : insert.timestamp,
    author: node.author,
    source: { ...source, settings: settingsAtDepth(source) },
    entity: child,
    action: node.action,
    dequeued: undefined,
    retries: undefined,
    flags: { bypass_cache: false, expedite: false, retry: false },
    ...trackingFields(source),
  };
  return { event, fault: publishFault(event) };
}

/** Where a child comes from: its parent's record, with one insert more. */
export function childOrigin(parent: BinaryEvent, origin: Origin, { key, offset }: InsertEntry): Origin {
  const { recordKey, insertKeys, insertOffsets, lineage } = origin;
  const ancestor = { timestamp: parent.timestamp, tokens: binaryTokens(parent, recordKey, insertKeys) };
  return {
    ...origin,
    insertKeys: [...insertKeys, key],
    insertOffsets: [...insertOffsets, offset],
    lineage: lineage === undefined ? [ancestor] : [...lineage, ancestor],
  };
}
