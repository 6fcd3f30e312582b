/**
 * Two questions that librdkafka's admin interface does not ask: the release of the brokers, and the settings of topics. Spoken in
 * Kafka's own protocol over one connection, plain or TLS, without SASL.
 *
 * A request is its length, API key, version, correlation id, client id and body; an answer is its length, correlation id and body.
 * https://kafka.apache.org/protocol
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { KafkaConfig } from '../config/index.js';

const TIMEOUT_MS = 10_000;
const CLIENT_ID = 'metafold';
const API_VERSIONS = 18;
const DESCRIBE_CONFIGS = 32;
const TOPIC_RESOURCE = 2;
const FINALIZED_FEATURES_TAG = 2;

class Reader {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  int8 = (): number => this.bytes.readInt8(this.advance(1));
  int16 = (): number => this.bytes.readInt16BE(this.advance(2));
  int32 = (): number => this.bytes.readInt32BE(this.advance(4));

  varint(): number {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = this.bytes.readUInt8(this.advance(1));
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.take(length).toString('utf8');
  }

  take(length: number): Buffer {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  compactArray<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.varint() - 1) }, read);
  }

  /** Tagged fields, by tag. */
  tags(): Map<number, Buffer> {
    return new Map(Array.from({ length: this.varint() }, () => [this.varint(), this.take(this.varint())]));
  }

  private advance(length: number): number {
    const start = this.position;
    this.position += length;
    return start;
  }
}

function int8(value: number): Buffer {
  return Buffer.from([value & 0xff]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([int16(bytes.length), bytes]);
}

/** Lengths below 127 only, which is enough for what is sent. */
function compactString(text: string): Buffer {
  return Buffer.concat([int8(text.length + 1), Buffer.from(text, 'latin1')]);
}

/** Lengths below 2^31; anything else is no Kafka broker. */
async function readAnswer(socket: Socket): Promise<Buffer> {
  let received: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk]);
    if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) return received.subarray(8, 4 + received.readInt32BE(0));
  }
  throw new Error('the broker closed the connection');
}

/** `host:port`, `[v6]:port` or `host` of a broker list's first entry. */
function firstBroker(brokers: string): { host: string; port: number } {
  const first = brokers.split(',')[0]!;
  const match = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(first);
  return { host: (match?.[1] ?? first).replace(/^\[|\]$/g, ''), port: Number(match?.[2] ?? 9092) };
}

async function open(config: KafkaConfig): Promise<Socket> {
  const { host, port } = firstBroker(config.brokers);
  const file = (name: string): Buffer | undefined => {
    const path = config.client[name];
    return typeof path === 'string' ? readFileSync(path) : undefined;
  };
  const passphrase = config.client['ssl.key.password'];
  const tls = config.client['security.protocol'] === 'ssl';
  const socket = tls
    ? connectTls({
        host,
        port,
        servername: host,
        ca: file('ssl.ca.location'),
        cert: file('ssl.certificate.location'),
        key: file('ssl.key.location'),
        ...(typeof passphrase === 'string' && { passphrase }),
      })
    : connectPlain({ host, port });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
  await once(socket, tls ? 'secureConnect' : 'connect');
  return socket;
}

async function ask(config: KafkaConfig, apiKey: number, version: number, body: Buffer): Promise<Reader> {
  const socket = await open(config);
  try {
    const request = Buffer.concat([int16(apiKey), int16(version), int32(1), string(CLIENT_ID), body]);
    socket.write(Buffer.concat([int32(request.length), request]));
    return new Reader(await readAnswer(socket));
  } finally {
    socket.destroy();
  }
}

/** Whether this connection can be made: SASL is left to librdkafka. */
export function canAskDirectly(config: KafkaConfig): boolean {
  return !String(config.client['security.protocol'] ?? 'plaintext').startsWith('sasl');
}

/** The finalised level of the feature `metadata.version`, which tells the release; undefined for a broker that names none. */
export async function metadataVersion(config: KafkaConfig): Promise<number | undefined> {
  const noTags = int8(0);
  const body = Buffer.concat([noTags, compactString(CLIENT_ID), compactString('1'), noTags]);
  const answer = await ask(config, API_VERSIONS, 3, body);
  const error = answer.int16();
  if (error !== 0) return undefined;
  answer.compactArray(() => {
    answer.take(6);
    answer.tags();
  });
  answer.int32();
  const features = answer.tags().get(FINALIZED_FEATURES_TAG);
  if (features === undefined) return undefined;
  const reader = new Reader(features);
  const levels = reader.compactArray((): [string, number] => {
    const name = reader.take(reader.varint() - 1).toString('utf8');
    const highest = reader.int16();
    reader.int16();
    reader.tags();
    return [name, highest];
  });
  return new Map(levels).get('metadata.version');
}

/** Some settings of topics, by topic and name. Topics that may not be described are left out. */
export async function topicSettings(
  config: KafkaConfig,
  topics: readonly string[],
  names: readonly string[],
): Promise<Map<string, Map<string, string>>> {
  const wanted = Buffer.concat([int32(names.length), ...names.map(string)]);
  const resources = topics.map((topic) => Buffer.concat([int8(TOPIC_RESOURCE), string(topic), wanted]));
  const answer = await ask(config, DESCRIBE_CONFIGS, 1, Buffer.concat([int32(topics.length), ...resources, int8(0)]));
  answer.int32();
  const described = answer.array(() => {
    const error = answer.int16();
    answer.string();
    answer.int8();
    const topic = answer.string() ?? '';
    const settings = answer.array((): [string, string] => {
      const setting: [string, string] = [answer.string() ?? '', answer.string() ?? ''];
      answer.take(3);
      answer.array(() => [answer.string(), answer.string(), answer.int8()]);
      return setting;
    });
    return { error, topic, settings };
  });
  return new Map(described.filter(({ error }) => error === 0).map(({ topic, settings }) => [topic, new Map(settings)]));
}
