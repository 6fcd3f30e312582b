/** One line of a history, `{"topic","key","event"}`: what it asks to be published. */
import { MODELS, type AzulEvent, type Model } from '../../schemas/events.js';
import { eventFromJson } from '../../schemas/json-form.js';
import { JsonObject, parseJson, sourceText, type JsonValue } from '../../schemas/json-text.js';
import { kindOfTopic } from '../../streams/topics.js';

export interface HistoryRecord {
  readonly topic: string;
  readonly key: string;
  /** Model of the topic; undefined for a topic of metafold's own, which takes tombstones only. */
  readonly model: Model | undefined;
  /** Undefined is a tombstone. */
  readonly event: AzulEvent | undefined;
}

const FIELDS = ['topic', 'key', 'event'];
const MAX_SHOWN = 80;

function wrong(field: string, value: JsonValue | undefined, expected: string): Error {
  const text = value === undefined ? 'missing' : sourceText(value);
  return new Error(`${field}: ${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}, expected ${expected}`);
}

/** System topics that carry binaries; nobody reads those of `error`, but the peer writes them (spec 01 §1). */
const BINARY_TOPICS = new Set(['binary', 'expedite', 'error']);

/** Model of what is written to a topic, undefined for one that carries none of Azul's events. */
export function writtenModel(topic: string): Model | undefined {
  const kind = kindOfTopic(topic);
  if (kind === undefined) return undefined;
  return BINARY_TOPICS.has(kind) ? 'binary' : MODELS.find((model) => model === kind);
}

/** Reads a line; throws an Error naming the field, its value and what was expected. */
export function parseLine(text: string): HistoryRecord {
  const line = parseJson(text);
  if (!(line instanceof JsonObject)) throw wrong('line', line, 'an object with topic, key and event');
  for (const field of line.entries.keys()) {
    if (!FIELDS.includes(field)) throw new Error(`unknown field ${JSON.stringify(field)}, expected topic, key and event`);
  }
  const topic = line.entries.get('topic');
  const key = line.entries.get('key');
  const event = line.entries.get('event');
  if (typeof topic !== 'string' || !topic.startsWith('azul.'))
    throw wrong('topic', topic, 'a topic such as azul.<prefix>.<source>.binary.<action>');
  if (typeof key !== 'string' || key === '') throw wrong('key', key, 'the record key, a text that is not empty');
  const model = writtenModel(topic);
  if (event === null) return { topic, key, model, event: undefined };
  if (model === undefined) throw wrong('topic', topic, 'a topic of events: <source>.binary.<action> or system.<model>');
  if (!(event instanceof JsonObject)) throw wrong('event', event, 'an event, or null for a tombstone');
  return { topic, key, model, event: eventFromJson(model, event) };
}
