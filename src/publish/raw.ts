/** Avro records as they lie in files, one a file, published byte by byte. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Model } from '../../schemas/events.js';
import { createDecoder, type Decoder, type DecodeOutcome } from '../../streams/decode.js';
import type { SchemaRegistry } from '../../streams/registry.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { MetafoldError, messageOf } from '../errors.js';
import { inputError } from './input.js';
import { writtenModel } from './line.js';

export interface RawOptions {
  readonly topic: string;
  /** Key of all records; undefined: each event's own. */
  readonly key: string | undefined;
  /** Publish what can't be decoded too, with the file's name as key. */
  readonly force: boolean;
  /** For framed records. */
  readonly registry: SchemaRegistry | undefined;
}

async function decode(decoder: Decoder, model: Model, bytes: Buffer): Promise<DecodeOutcome<{ kafka_key: string }>> {
  for (let known: number | undefined; ;) {
    const outcome = decoder.decode(model, bytes);
    if (outcome.kind !== 'unresolved' || outcome.schemaId === known) return outcome;
    known = outcome.schemaId;
    try {
      await decoder.resolve(known);
    } catch (error) {
      throw new MetafoldError('MF_REGISTRY', messageOf(error), { schema: known }, { cause: error });
    }
  }
}

/** Why a record has no key of its own, or its key. */
async function ownKey(decoder: Decoder, topic: string, bytes: Buffer): Promise<{ key: string } | { reason: string }> {
  const model = writtenModel(topic);
  if (model === undefined) return { reason: `topic ${topic} carries none of Azul's events` };
  const outcome = await decode(decoder, model, bytes);
  if (outcome.kind === 'tombstone') return { reason: 'the file is empty' };
  if (outcome.kind === 'unresolved') return { reason: `schema ${outcome.schemaId} is not known` };
  if (outcome.kind === 'malformed') return { reason: `not a ${model} record: ${outcome.reason}` };
  return outcome.event.kafka_key === '' ? { reason: 'the event has no key' } : { key: outcome.event.kafka_key };
}

/** The record of each file. Throws MF_INPUT naming the file that can't be read or has no key. */
export async function* readRecords(files: readonly string[], options: RawOptions): AsyncGenerator<OutgoingRecord> {
  const decoder = createDecoder({ registry: options.registry });
  for (const file of files) {
    let value: Buffer;
    try {
      value = await readFile(file);
    } catch (error) {
      throw inputError({ file }, `cannot be read (${(error as NodeJS.ErrnoException).code ?? messageOf(error)})`, error);
    }
    let key = options.key;
    if (key === undefined) {
      const own = await ownKey(decoder, options.topic, value);
      if ('key' in own) key = own.key;
      else if (options.force) key = basename(file);
      else throw inputError({ file }, `${own.reason}, expected an event with a key; give --key, or --force to take the file's name`);
    }
    yield { topic: options.topic, key, value };
  }
}
