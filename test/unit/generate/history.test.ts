import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BINARY_ACTIONS, DATASTREAM_LABELS, DOWNLOAD_ACTIONS, FEATURE_TYPES } from '../../../schemas/enums.js';
import type { AzulEvent, BinaryEvent } from '../../../schemas/events.js';
import { binaryKey, pluginKey, statusKey, trackingFields } from '../../../schemas/identity.js';
import { eventFromJson } from '../../../schemas/json-form.js';
import { parseJson, type JsonObject } from '../../../schemas/json-text.js';
import { validateEvent } from '../../../schemas/validate.js';
import { generateHistory, generatePublications, historyLine, type HistoryLine, type Publication } from '../../../src/generate/index.js';
import { HISTORIES } from '../../helpers/history.js';

const test = suite('history');

const BINARIES = 1500;
const history: readonly Publication[] = [...generatePublications({ binaries: BINARIES, seed: 7, prefix: 'qa01' })];
const binaries: readonly BinaryEvent[] = history.flatMap((it) => (it.model === 'binary' ? [it.event] : []));

function* first(count: number, lines: Iterable<HistoryLine>): Generator<HistoryLine> {
  for (const line of lines) {
    if (count-- === 0) return;
    yield line;
  }
}

function hashOf(seed: number, prefix = 'qa01'): string {
  const hash = createHash('sha256');
  for (const { line } of first(1000, generateHistory({ binaries: 200, seed, prefix }))) hash.update(line + '\n');
  return hash.digest('hex');
}

test('is the same for the same seed, on any machine', () => {
  assert.is(hashOf(1), '4b9282b0d7dcc17b5c5d83d54591c04f45e5706b8134bcf20fb0e4e9eadb0642');
  assert.is(hashOf(2), '20047014e1529d5e8a38fa6e0143aee9d9ad116289d5a3672fdbf72010467413');
});

test('differs by seed and by prefix', () => {
  assert.is(new Set([hashOf(1), hashOf(2), hashOf(3), hashOf(1, 'qa02')]).size, 4);
});

test('starts where it is told and goes on in time', () => {
  const start = 1_767_225_600_000_000n;
  let last = start;
  let events = 0;
  for (const { event } of generatePublications({ binaries: 100, seed: 3, prefix: 'p', start })) {
    assert.ok(event.timestamp >= last, `${event.timestamp} comes after ${last}`);
    last = event.timestamp;
    events++;
  }
  assert.ok(events > 500);
  assert.ok(last - start < 3600_000_000n, 'a hundred binaries take less than an hour');
});

test('refuses options that are no whole numbers', () => {
  assert.throws(() => [...generatePublications({ binaries: 1.5, seed: 1, prefix: 'p' })], /binaries 1.5/);
  assert.throws(() => [...generatePublications({ binaries: -1, seed: 1, prefix: 'p' })], /binaries -1/);
  assert.throws(() => [...generatePublications({ binaries: 1, seed: 0.5, prefix: 'p' })], /seed 0.5/);
});

test('writes lines that read back as the same events, under the record key and topic', () => {
  let at = 0;
  for (const { topic, key, line } of generateHistory({ binaries: 40, seed: 7, prefix: 'qa01' })) {
    const parsed = parseJson(line) as JsonObject;
    assert.equal([...parsed.entries.keys()], ['topic', 'key', 'event']);
    assert.is(parsed.entries.get('topic'), topic);
    assert.is(parsed.entries.get('key'), key);
    at++;
  }
  assert.ok(at > 350);
  for (const { model, event } of history.slice(0, 400)) {
    const { line } = historyLine({ topic: 't', model, event } as Publication);
    const back: AzulEvent = eventFromJson(model, (parseJson(line) as JsonObject).entries.get('event') as JsonObject);
    assert.equal(back, event);
  }
});

test('is as heavy as the reference history: benchmarks fold events like those that a platform sends', () => {
  const reference = weightOf(
    gunzipSync(readFileSync(new URL('history-plain.jsonl.gz', HISTORIES)))
      .toString('utf8')
      .trimEnd()
      .split('\n'),
  );
  const generated = weightOf(Array.from(generateHistory({ binaries: 300, seed: 7, prefix: 'qa01' }), ({ line }) => line));
  for (const part of ['features', 'bytes'] as const) {
    const ratio = generated[part] / reference[part];
    assert.ok(ratio > 0.8 && ratio < 1.25, `${part} of an event: ${generated[part]}, of the reference ${reference[part]}`);
  }
});

/** Means over all events. */
function weightOf(lines: readonly string[]): { features: number; bytes: number } {
  let [features, bytes] = [0, 0];
  for (const line of lines) {
    const { event } = JSON.parse(line) as { event: { entity?: { features?: unknown[] } } };
    features += event.entity?.features?.length ?? 0;
    bytes += JSON.stringify(event).length;
  }
  return { features: features / lines.length, bytes: bytes / lines.length };
}

test('holds as many different files with content as asked for', () => {
  const files = new Set(binaries.filter(({ action }) => action === 'sourced' || action === 'extracted').map(({ entity }) => entity.sha256));
  assert.is(files.size, BINARIES);
  const sourced = binaries.filter(({ action, flags }) => action === 'sourced' && !flags.expedite);
  assert.ok(sourced.length > new Set(sourced.map(({ entity }) => entity.sha256)).size, 'some files are submitted again');
});

test('has the mix of a working platform', () => {
  const share = (count: number): number => (count * 100) / history.length;
  const counts = new Map<string, number>();
  for (const it of history) {
    const kind = it.model === 'binary' ? it.event.action : it.model;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const perBinary = history.length / BINARIES;
  assert.ok(perBinary >= 9 && perBinary <= 12, `${perBinary} events per binary`);
  const bounds = { status: [40, 45], enriched: [35, 40], sourced: [4, 8], extracted: [2, 6], augmented: [3, 8], mapped: [1, 3], download: [0.2, 2], plugin: [0.1, 1] } as const; // prettier-ignore
  for (const [kind, [low, high]] of Object.entries(bounds)) {
    const percent = share(counts.get(kind) ?? 0);
    assert.ok(percent >= low && percent <= high, `${kind}: ${percent} %`);
  }
  assert.equal([...counts.keys()].sort(), Object.keys(bounds).sort());
});

test('shows every action, feature type, stream label and download action, and what statuses there are', () => {
  const found = (items: readonly string[]): string[] => [...new Set(items)].sort();
  assert.equal(found(binaries.map(({ action }) => action)), [...BINARY_ACTIONS].sort());
  assert.equal(found(binaries.flatMap(({ entity }) => entity.features.map(({ type }) => type))), [...FEATURE_TYPES].sort());
  assert.equal(found(binaries.flatMap(({ entity }) => entity.datastreams.map(({ label }) => label))), [...DATASTREAM_LABELS].sort());
  assert.equal(found(history.flatMap((it) => (it.model === 'download' ? [it.event.action] : []))), [...DOWNLOAD_ACTIONS].sort());
  const statuses = found(history.flatMap((it) => (it.model === 'status' ? [it.event.entity.status] : [])));
  for (const status of [
    'completed',
    'completed-empty',
    'completed-with-errors',
    'heartbeat',
    'opt-out',
    'error-exception',
    'error-network',
  ]) {
    assert.ok(statuses.includes(status), status);
  }
  assert.equal(found(binaries.map(({ source }) => source.name)), ['incidents', 's1', 's2', 'tasking', 'test', 'virustotal']);
  const extracted = binaries.filter(({ action }) => action === 'extracted');
  assert.is(Math.max(...extracted.map(({ source }) => source.path.length)), 4);
});

test('puts each event into its topic: an expedited one apart, under the key of its plain copy', () => {
  const plain = new Set<string>();
  let expedited = 0;
  for (const it of history) {
    if (it.model !== 'binary') assert.is(it.topic, `azul.qa01.system.${it.model}`);
    else if (it.event.flags.expedite) assert.is(it.topic, 'azul.qa01.system.expedite');
    else assert.is(it.topic, `azul.qa01.${it.event.source.name}.binary.${it.event.action}`);
    if (it.model !== 'binary') continue;
    if (!it.event.flags.expedite) plain.add(it.event.kafka_key);
    else if (it.event.action === 'sourced') {
      expedited++;
      assert.ok(plain.has(it.event.kafka_key), it.event.kafka_key);
    }
  }
  assert.ok(expedited > 10, `${expedited} expedited submissions`);
  const results = binaries.filter(({ action, flags }) => action === 'enriched' && flags.expedite);
  assert.is(results.length, 2 * expedited);
});

test('passes the Python models', () => {
  for (const { model, event } of history) assert.is(validateEvent(model, event), undefined);
});

/** Why the dispatcher would not publish a binary event (spec 01 §9.1). */
function publicationFault({ author, action, source, entity }: BinaryEvent): string | undefined {
  const labels = new Set(entity.datastreams.map(({ label }) => label));
  if (author.name === '' || source.name === '' || source.path.length === 0) return 'no name or no path';
  if (source.path.some((node) => node.sha256 === '' || node.author.name === '')) return 'a path node without a name or sha256';
  if (source.path.slice(0, -1).some((node) => node.action === 'enriched')) return 'enriched within the path';
  if (source.path.at(-1)?.action !== action || source.path.at(-1)?.sha256 !== entity.sha256) return 'the last node is not the event';
  if (action === 'enriched') return labels.size > 0 ? 'enriched with streams' : undefined;
  if (action === 'mapped') return labels.has('content') ? 'mapped with content' : undefined;
  if (!labels.has('content')) return 'no content';
  return action === 'augmented' && labels.size < 2 ? 'augmented by nothing' : undefined;
}

test('passes the dispatcher', () => {
  for (const event of binaries) assert.is(publicationFault(event), undefined);
  for (const it of history) {
    if (it.model !== 'status') continue;
    const { input, results } = it.event.entity;
    assert.equal(results, []);
    const { name, version } = it.event.author;
    const expected =
      it.event.entity.error?.startsWith('lost task') === true ? `${input.kafka_key}.` : `${input.kafka_key}.${name}.${version}.`;
    assert.ok(input.dequeued?.startsWith(expected), input.dequeued);
    assert.match(input.dequeued ?? '', /\.\d{10}$/);
  }
});

test('carries the keys and tracking fields of its events', () => {
  for (const it of history) {
    if (it.model === 'status') assert.is(it.event.kafka_key, statusKey(it.event));
    if (it.model === 'plugin') assert.is(it.event.kafka_key, pluginKey(it.event));
    assert.match(it.event.kafka_key, /^[0-9a-f]{32}$/);
  }
  for (const event of binaries) {
    const { track_source_references, track_links, track_authors } = event;
    assert.equal({ track_source_references, track_links, track_authors }, trackingFields(event.source));
    // Where settings may have been taken away after the key was made, it can't be made again (spec 01 §8).
    if (event.source.name !== 'tasking') assert.is(event.kafka_key, binaryKey(event.source));
  }
});

test('gives one key to one thing only', () => {
  const things = new Map<string, string>();
  for (const { model, event } of history) {
    const thing =
      model === 'binary' ? describe(event) : model === 'status' ? (event.entity.input.dequeued ?? '') + event.author.name : model;
    const known = things.get(event.kafka_key);
    if (model === 'download') assert.is(known, undefined);
    else if (known !== undefined) assert.is(thing, known);
    things.set(event.kafka_key, thing);
  }
});

/** What may be published again under one key: by another version, or as the expedited copy. */
function describe({ author, action, entity, source }: BinaryEvent): string {
  return [author.name, action, entity.sha256, source.name, source.timestamp, source.path.at(-2)?.sha256].join(' ');
}

test('lets a plugin repeat itself in a newer version, under the same key and later', () => {
  const earlier = new Map<string, BinaryEvent>();
  let repeated = 0;
  for (const event of binaries) {
    const before = earlier.get(event.kafka_key);
    earlier.set(event.kafka_key, event);
    if (before === undefined || before.flags.expedite || event.flags.expedite || before.author.version === event.author.version) continue;
    repeated++;
    assert.is(event.action, 'enriched');
    assert.ok(event.timestamp > before.timestamp);
  }
  assert.ok(repeated > 20, `${repeated} results of a newer version`);
});

test('takes no more memory the longer it gets', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const lines = generateHistory({ binaries: 1_000_000, seed: 11, prefix: 'p' });
  const heapAfter = (count: number): number => {
    for (let at = 0; at < count; at++) assert.not(lines.next().done);
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const early = heapAfter(10_000);
  const late = heapAfter(40_000);
  // The 40,000 lines are about 100 MB.
  assert.ok(late - early < 5, `heap ${early} MB after 10,000 lines, ${late} MB after 50,000`);
});

test.run();
