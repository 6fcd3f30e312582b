import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { projections, type Fold, type Form } from '../../../projections/index.js';
import { NO_TABLES } from '../../../projections/removal/tables.js';
import { createSecurityPolicy } from '../../../projections/security/policy.js';
import { parseSecuritySettings } from '../../../projections/security/settings.js';
import { priorityReferences, type ProjectionSettings } from '../../../projections/settings.js';
import type { DocumentWrite, FoldResult, Refusal, Skip, StreamRecord } from '../../../projections/types.js';
import { generatePublications, sampleSettings, type Publication } from '../../../src/generate/index.js';

const test = suite('the sample folds');

interface SourceOptions {
  readonly references?: readonly { readonly name: string; readonly priority?: boolean }[];
}

function settings(): ProjectionSettings {
  const raw = sampleSettings('qa01', 'bench');
  const security = parseSecuritySettings({
    labels: raw.security_labels,
    default: raw.security_default,
    presets: raw.security_presets,
    minimum_required_access: raw.security_minimum_required_access,
    allow_releasability_priority_gte: raw.security_allow_releasability_priority_gte,
    admin_roles: undefined,
  });
  const sources = Object.entries(raw.metastore_sources as Record<string, SourceOptions>).map(
    ([name, source]) => [name, { priorityReferences: priorityReferences(source.references ?? []), expireAfterMs: -1 }] as const,
  );
  return { partition: 'bench', security: createSecurityPolicy(security), sources: new Map(sources), statusPartitionUnit: 'week' };
}

/** The fold of a form; the caller hands it records of that form. */
function foldOf(form: Form): Fold<Form> {
  return projections.flatMap(({ reads }) => reads).find((reading) => reading.form === form)?.fold as unknown as Fold<Form>;
}

const folds = { binary: foldOf('binary'), status: foldOf('status'), plugin: foldOf('plugin'), download: foldOf('download') };

function fold(publication: Publication, offset: number, under: ProjectionSettings): FoldResult {
  const { topic, model, event } = publication;
  const record = { topic, partition: 0, offset, key: event.kafka_key, event } as StreamRecord<never>;
  return folds[model as keyof typeof folds](record, under, event.timestamp, NO_TABLES);
}

const under = settings();
const writes: DocumentWrite[] = [];
const unfolded: (Refusal | Skip)[] = [];
let events = 0;
for (const publication of generatePublications({ binaries: 400, seed: 21, prefix: 'qa01' })) {
  const result = fold(publication, events++, under);
  writes.push(...result.writes);
  unfolded.push(...result.refusals, ...result.skips);
}

const bodies = writes.map(({ body }) => body);

test('without a refusal or a skip, each event into one document', () => {
  assert.equal(unfolded, []);
  assert.is(writes.length, events);
  assert.ok(events > 3_600, `${events} events`);
});

test('into documents of every family, some claimed by several events', () => {
  const families = new Set(writes.map(({ index }) => index.replace(/^azul\.[ox]\.bench\.(\w+).*$/, '$1')));
  assert.equal([...families].sort(), ['binary2', 'plugin', 'status']);
  const documents = new Set(writes.map(({ index, id }) => `${index}/${id}`));
  const contested = writes.length - documents.size;
  assert.ok(contested > writes.length * 0.01 && contested < writes.length * 0.08, `${contested} of ${writes.length} meet another`);
});

test('into vectors, ssdeep parts and security of several kinds', () => {
  const with_ = (field: string): number => bodies.filter((body) => body[field] !== undefined && body[field] !== null).length;
  for (const field of ['tlsh_vector', 'entropy_vector', 'encoded_ssdeep', 'uniq_info', 'features_map', 'parent']) {
    assert.ok(with_(field) > 50, `${with_(field)} documents with ${field}`);
  }
  assert.ok(bodies.some((body) => body.entropy_vector === null), 'an entropy too short for a vector'); // prettier-ignore
  assert.ok(new Set(bodies.map((body) => body.security)).size > 12);
});

test('into few feature names, nearly all values enriched', () => {
  const names = new Set(bodies.flatMap((body) => Object.keys(body.features_map ?? {})));
  assert.ok(names.size > 30 && names.size < 100, `${names.size} names`);
  const features = bodies.flatMap((body) => (body.features ?? []) as readonly { readonly type: string; readonly enriched?: object }[]);
  assert.equal(
    features.filter(({ enriched }) => enriched === undefined),
    [],
  );
});

test.run();
