/**
 * Topic names of Azul (spec 01 §1): one function for each name that is made, one for each that is read.
 * The prefix is inserted verbatim, as the peer does.
 */
import type { Model } from '../schemas/events.js';

/** System topics that carry one model each. */
const SYSTEM_MODELS: Readonly<Record<string, Model>> = {
  expedite: 'binary',
  status: 'status',
  plugin: 'plugin',
  download: 'download',
  insert: 'insert',
  delete: 'delete',
  retrohunt: 'retrohunt',
};

/** `azul.<prefix>.system.<name>`. */
export function systemTopic(prefix: string, name: string): string {
  return `azul.${prefix}.system.${name}`;
}

/** `azul.<prefix>.<source>.binary.<action>`. */
export function binaryTopic(prefix: string, source: string, action: string): string {
  return `azul.${prefix}.${source}.binary.${action}`;
}

/** Pattern of all binary topics but the expedited one, in the syntax of librdkafka (a leading `^` makes it a pattern). */
export function binaryTopicPattern(prefix: string): string {
  return `^azul\\.${literal(prefix)}\\.[^.]+\\.binary\\.[^.]+$`;
}

/** One system topic as a pattern: a topic that does not exist yet is found once it does, and is no error until then. */
export function systemTopicPattern(prefix: string, name: string): string {
  return `^azul\\.${literal(prefix)}\\.system\\.${name}$`;
}

/** A text as part of a pattern; a prefix may hold dots. */
function literal(text: string): string {
  return text.replaceAll('.', '\\.');
}

/** `binary` for the topic of a source and action, the last part for a system topic, undefined for any other name. */
export function kindOfTopic(topic: string): string | undefined {
  const parts = topic.split('.');
  const [kind, last] = parts.slice(-2);
  if (kind === 'binary') return 'binary';
  return kind === 'system' ? last : undefined;
}

/** The model that a topic carries, or undefined for a topic that is none of Azul's seven. */
export function modelOfTopic(topic: string): Model | undefined {
  const kind = kindOfTopic(topic);
  if (kind === 'binary') return 'binary';
  return kind !== undefined && Object.hasOwn(SYSTEM_MODELS, kind) ? SYSTEM_MODELS[kind] : undefined;
}
