/**
 * Our Avro against fastavro, which shares no line with it: it must read what we write, as we mean it, and we what it
 * writes. Needs Python 3.9 or later with venv; fastavro is installed from PyPI into the cache folder once.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type AzulEvent, type Model, MODELS, type StringMap, ZERO_TIME } from '../../schemas/events.js';
import { type FieldLayout, LAYOUTS, type RecordLayout, recordOf } from '../../schemas/layout.js';
import { defaultCacheFolder, findOnPath } from '../../src/stack/layout.js';
import { schemaText, type WireVersion } from '../../streams/avro-schema.js';
import { createDecoder } from '../../streams/decode.js';
import { encodeEvent } from '../../streams/encode.js';
import { integration } from '../helpers/integration.js';
import { arbitraryEvent } from '../unit/schemas/arbitrary-event.js';
import { goldens } from '../unit/schemas/golden.js';

const FASTAVRO = 'fastavro==1.12.1';
const EVENTS_OF_EACH = 25;

const test = integration('avro: an independent library');
const script = fileURLToPath(new URL('../helpers/fastavro_peer.py', import.meta.url));
let python = '';

test.setup(async () => {
  const run = promisify(execFile);
  const base = findOnPath(['python3', 'python']);
  if (base === undefined) throw new Error('this test needs python3 (3.9 or later) with the venv module on the PATH');
  const venv = join(defaultCacheFolder(), 'python-fastavro');
  python = join(venv, 'bin', 'python');
  const ready = existsSync(python) && (await run(python, ['-c', 'import fastavro']).then(() => true, () => false)); // prettier-ignore
  if (ready) return;
  await run(base, ['-m', 'venv', '--clear', venv]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', FASTAVRO]);
});

interface Case {
  readonly model: Model;
  readonly version: WireVersion;
  readonly event: AzulEvent;
  readonly record: Buffer;
}

interface Answer {
  readonly value: unknown;
  readonly record: string;
}

/** What fastavro reads in each record, and writes again. */
async function fastavro(cases: readonly Case[]): Promise<Answer[]> {
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const closed = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  for (const { model, version, record } of cases) {
    child.stdin.write(JSON.stringify({ schema: JSON.parse(schemaText(model, version)) as unknown, record: record.toString('hex') }) + '\n');
  }
  child.stdin.end();
  assert.is(await closed, 0, complaint);
  return output.trimEnd().split('\n').map((line) => JSON.parse(line) as Answer); // prettier-ignore
}

/** The value of an event on the wire, in the notation of the Python script. */
function wireRecord(layout: RecordLayout, value: Record<string, unknown>, version: WireVersion): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const field of layout.fields) {
    if (version < 5 && field.name === 'settings') continue;
    const hadLegacy = ['EventSourcePathNode', 'BinaryEntity', 'BinaryEntityDatastream'].includes(layout.name);
    if (version < 6 && hadLegacy && field.name === 'file_format') result['file_format_legacy'] = '';
    result[field.name] = field.name === 'model_version' ? String(version) : wireValue(field, value[field.name], version);
  }
  return result;
}

function wireValue(field: FieldLayout, value: unknown, version: WireVersion): unknown {
  switch (field.kind) {
    case 'string':
      return value ?? '';
    case 'json':
      return Buffer.from((value as string | undefined) ?? '').toString('hex');
    case 'uint32':
      return String((value as number | undefined) ?? 0);
    case 'size':
      return BigInt((value as number | bigint | undefined) ?? 0).toString(16).padStart(16, '0'); // prettier-ignore
    case 'time':
      return String((value as bigint | undefined) ?? ZERO_TIME);
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE((value as number | undefined) ?? 0);
      return bytes.toString('hex');
    }
    case 'boolean':
      return value;
    case 'map':
      return { ...Object.fromEntries(Object.entries((value as StringMap | undefined) ?? {})) };
    case 'strings':
      return value;
    case 'record':
      return wireRecord(recordOf(field), value as Record<string, unknown>, version);
    case 'records':
      return (value as Record<string, unknown>[]).map((item) => wireRecord(recordOf(field), item, version));
  }
}

function randomCases(): Case[] {
  return MODELS.flatMap((model) => {
    const events: AzulEvent[] = fc.sample(arbitraryEvent(model), { numRuns: EVENTS_OF_EACH, seed: 20260301 });
    return ([4, 5, 6] as const).flatMap((version) =>
      events.map((event): Case => ({ model, version, event, record: encodeEvent(model, event as never, { version }) })),
    );
  });
}

test('fastavro reads every record that we write as what we mean, and we what it writes', async () => {
  const cases = randomCases();
  const answers = await fastavro(cases);
  assert.is(answers.length, cases.length);
  const decoder = createDecoder();
  cases.forEach(({ model, version, event, record }, i) => {
    const answer = answers[i]!;
    assert.equal(answer.value, wireRecord(LAYOUTS[model], event as unknown as Record<string, unknown>, version), `${model} v${version}`);
    const theirs = decoder.decode(model, Buffer.from(answer.record, 'hex'));
    assert.equal({ ...theirs, bytesRead: 0 }, { ...decoder.decode(model, record), bytesRead: 0 }, `${model} v${version}`);
  });
});

test('fastavro and we read the same in the records of the dispatcher', async () => {
  const decoder = createDecoder();
  const cases = goldens.map(({ model, version, avro }): Case => {
    const outcome = decoder.decode(model, avro);
    if (outcome.kind !== 'event') throw new Error(outcome.kind);
    return { model, version, event: outcome.event, record: avro };
  });
  const answers = await fastavro(cases);
  cases.forEach(({ model, version, event }, i) => {
    const expected = wireRecord(LAYOUTS[model], event as unknown as Record<string, unknown>, version);
    assert.equal(comparable(answers[i]!.value), comparable(expected), goldens[i]!.name);
  });
});

/** Without what upcasting drops on purpose: version numbers and `file_format_legacy`. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const dropped = new Set(['model_version', 'file_format_legacy']);
  return Object.fromEntries(Object.entries(value).filter(([key]) => !dropped.has(key)).map(([key, item]) => [key, comparable(item)])); // prettier-ignore
}
