/** What a summary must be, worked out from the stored documents by plain loops (spec 04 §6.7, 05 §9.1). */
import type { StoredDocument } from './api-history.js';

// Documents are looked at as JSON; what is wrong with one shows in the comparison.
export interface Json {
  readonly [field: string]: unknown;
}

export type MaySee = (document: StoredDocument) => boolean;

export interface SummaryQuestion {
  readonly sha256: string;
  readonly maySee: MaySee;
  readonly details?: readonly string[];
  readonly author?: string;
}

const ALL = 'total_hits documents security sources features info datastreams instances parents children tags feature_tags'.split(' ');
/** The labels of the fixtures from least to most restrictive, by hand. */
const RANKED = ['LOW', 'LOW TLP:GREEN', 'MEDIUM', 'MEDIUM MOD1 REL:APPLE', 'HIGH MOD2 REL:APPLE,BEE'];

export const text = (value: unknown): string => value as string;
export const json = (value: unknown): Json => (value ?? {}) as Json;
export const list = (value: unknown): readonly Json[] => (value ?? []) as readonly Json[];

export function order(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function groupsBy(documents: readonly Json[], key: (document: Json) => string | undefined): Map<string, Json[]> {
  const groups = new Map<string, Json[]>();
  for (const document of documents) {
    const name = key(document);
    if (name === undefined) continue;
    groups.set(name, [...(groups.get(name) ?? []), document]);
  }
  return groups;
}

/** Index keeps milliseconds. */
function millis(document: Json): number {
  return Date.parse(text(document['timestamp']));
}

export function newest(documents: readonly Json[]): Json {
  return [...documents].sort((a, b) => millis(b) - millis(a))[0]!;
}

/** Groups in the order of a `terms` aggregation: the largest first. */
function largestFirst(groups: Map<string, Json[]>): [string, Json[]][] {
  return [...groups].sort(([a, as], [b, bs]) => bs.length - as.length || order(a, b));
}

export function only(document: Json, ...fields: readonly string[]): Json {
  return Object.fromEntries(fields.filter((field) => document[field] !== undefined).map((field) => [field, document[field]]));
}

export function nodeFrom(document: Json): Json {
  return {
    ...only(document, 'sha256', 'author', 'action', 'timestamp', 'file_format', 'size'),
    ...(document['parent_relationship'] !== undefined && { relationship: document['parent_relationship'] }),
  };
}

export function sourceFrom(document: Json): Json {
  return {
    ...only(json(document['source']), 'security', 'name', 'timestamp', 'references', 'settings'),
    track_source_references: document['track_source_references'],
  };
}

/** Metadata documents of binaries that may be seen. */
export function binaryDocuments(documents: readonly StoredDocument[], maySee: MaySee): Json[] {
  return documents.filter((one) => one.docname === 'binary2' && one.source['sha256'] !== undefined && maySee(one)).map((one) => one.source);
}

export function annotations(documents: readonly StoredDocument[], type: string, maySee: MaySee): Json[] {
  const found = documents.filter(({ docname, source }) => docname === 'annotation' && source['type'] === type);
  return found
    .filter((one) => maySee(one) && one.source['state'] !== 'disabled')
    .map((one) => one.source)
    .sort((a, b) => order(text(a['tag']), text(b['tag'])) || order(text(a['owner']), text(b['owner'])));
}

export function expectedTags(documents: readonly StoredDocument[], sha256: string, maySee: MaySee): Json[] {
  const all = annotations(documents, 'entity_tag', maySee);
  const rows = new Map<string, Json>();
  for (const tag of all) {
    if (tag['sha256'] !== sha256) continue;
    const binaries = new Set(all.filter((other) => other['tag'] === tag['tag']).map((other) => other['sha256']));
    rows.set(text(tag['tag']), { ...only(tag, 'sha256', 'tag', 'type', 'owner', 'timestamp', 'security'), num_entities: binaries.size });
  }
  return [...rows.values()];
}

function expectedSources(own: readonly Json[]): Json[] {
  const rows = [...groupsBy(own, (d) => json(d['source'])['name'] as string | undefined)].sort(([a], [b]) => order(a, b));
  return rows.map(([source, submitted]) => {
    const direct: Json[] = [];
    const indirect: Json[] = [];
    for (const [, same] of groupsBy(submitted, (d) => text(d['track_source_references']))) {
      const depth = Math.min(...same.map((d) => d['depth'] as number));
      (depth === 0 ? direct : indirect).push(sourceFrom(newest(same)));
    }
    const newestFirst = (a: Json, b: Json): number => millis(b) - millis(a) || order(text(b['timestamp']), text(a['timestamp']));
    return { source, direct: direct.sort(newestFirst), indirect: indirect.sort(newestFirst) };
  });
}

function expectedParts(enriched: Json, places: readonly Json[]): Json {
  const parts: Record<string, unknown> = { ...enriched };
  const { integer, float } = enriched as { readonly integer?: number; readonly float?: number };
  if (integer !== undefined) parts['integer'] = String(integer);
  if (float !== undefined) parts['float'] = Number.isInteger(float) ? `${float}.0` : String(float);
  if (places.length > 0) {
    const pairs = [
      ...new Map(places.map(({ gte, lte }) => [`${String(gte)}-${String(lte)}`, [gte as number, lte as number] as const])).values(),
    ];
    parts['location'] = pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }
  const steps = text(enriched['filepath'] ?? '').split('/');
  for (let n = 1; n < steps.length && n <= 5; n++) {
    parts['filepath_unix'] = [...((parts['filepath_unix'] as string[] | undefined) ?? []), steps.slice(0, n).join('/')];
    parts['filepath_unixr'] = [...((parts['filepath_unixr'] as string[] | undefined) ?? []), steps.slice(steps.length - n).join('/')];
  }
  return parts;
}

function expectedFeatures(own: readonly Json[], tags: readonly Json[] | undefined): Json[] {
  const flat: Json[] = [];
  for (const [, same] of largestFirst(groupsBy(own, (d) => d['uniq_features'] as string | undefined))) {
    const document = newest(same);
    for (const feature of list(document['features'])) flat.push({ ...feature, instance: document['sha256_author_action'] });
  }
  const rows = [...groupsBy(flat, (f) => JSON.stringify([f['name'], f['type'], f['value']])).values()].map((same) => {
    const { name, type, value, enriched } = same[0]!;
    const places = same.map((f) => json(f['encoded'])['location']).filter((place) => place !== undefined);
    const own = tags?.filter((tag) => tag['feature_name'] === name && tag['feature_value'] === value) ?? [];
    return {
      name,
      type,
      value,
      label: [...new Set(same.map((f) => text(f['label'] ?? '')).filter((label) => label !== ''))].sort(order),
      parts: expectedParts(json(enriched), places as Json[]),
      instances: [...new Set(same.map((f) => text(f['instance'])))].sort(order),
      ...(own.length > 0 && {
        tags: own.map((tag) => only(tag, 'feature_name', 'feature_value', 'tag', 'type', 'owner', 'timestamp', 'security')),
      }),
    };
  });
  return rows.sort((a, b) => order(text(a.name), text(b.name)) || order(text(a.value), text(b.value)));
}

function expectedStreams(own: readonly Json[]): Json[] {
  const streams: { fields: Json; labels: Set<string>; instances: string[] }[] = [];
  for (const [, same] of largestFirst(groupsBy(own, (d) => d['uniq_data'] as string | undefined))) {
    const document = newest(same);
    for (const stream of list(document['datastreams'])) {
      let known = streams.find(({ fields }) => fields['sha256'] === stream['sha256']);
      if (known === undefined) streams.push((known = { fields: stream, labels: new Set(), instances: [] }));
      known.labels.add(text(stream['label']));
      known.instances.push(text(document['sha256_author_action']));
    }
  }
  const rows = streams.map(({ fields, labels, instances }) => ({ ...fields, label: [...labels].sort(order), instances }));
  return rows.sort((a, b) => order(a.label[0]!, b.label[0]!));
}

function expectedInstances(own: readonly Json[]): Json[] {
  const newestOf = [...groupsBy(own, (d) => text(d['sha256_author_action']))].sort(([a], [b]) => order(a, b));
  return newestOf.map(([key, same]) => {
    const { author, action, num_feature_values } = newest(same);
    return { key, author, action, num_feature_values: num_feature_values ?? 0 };
  });
}

function newestFirst(groups: Map<string, Json[]>): Json[] {
  return [...groups.values()].map(newest).sort((a, b) => millis(b) - millis(a));
}

function expectedParents(own: readonly Json[]): Json[] {
  return newestFirst(groupsBy(own, (d) => json(d['parent'])['sha256'] as string | undefined)).map((document) => {
    const { author, action, timestamp, relationship } = nodeFrom(document);
    return {
      ...only(json(document['parent']), 'sha256', 'file_format', 'size', 'filename', 'language'),
      ...only({ author, action, timestamp, relationship }, 'author', 'action', 'timestamp', 'relationship'),
      track_link: document['track_link'],
    };
  });
}

function expectedChildren(all: readonly Json[], sha256: string): Json[] {
  const linked = all.filter((d) => json(d['parent'])['sha256'] === sha256);
  return newestFirst(groupsBy(linked, (d) => text(d['sha256']))).map((d) => ({ ...nodeFrom(d), track_link: d['track_link'] }));
}

/** `data` of the answer, or undefined when there is none to give; diagnostics about full buckets are not worked out here. */
export function expectedSummary(documents: readonly StoredDocument[], question: SummaryQuestion): Json | undefined {
  const { sha256, maySee, details = ALL, author } = question;
  const all = binaryDocuments(documents, maySee);
  const own = all.filter((d) => d['sha256'] === sha256 && (author === undefined || json(d['author'])['name'] === author));
  if (own.length === 0) return undefined;
  const has = (detail: string): boolean => details.includes(detail);
  const streams = expectedStreams(own);
  const noContent = !streams.some((stream) => list(stream['label']).some((label) => (label as unknown) === 'content'));
  return {
    documents: { count: own.length, ...(has('documents') && { newest: new Date(Math.max(...own.map(millis))).toISOString() }) },
    ...(has('security') && { security: RANKED.filter((label) => own.some((d) => d['security'] === label)) }),
    ...(has('sources') && { sources: expectedSources(own) }),
    ...((has('features') || has('feature_tags')) && {
      features: expectedFeatures(own, has('feature_tags') ? annotations(documents, 'fv_tag', maySee) : undefined),
    }),
    ...(has('info') && {
      info: largestFirst(groupsBy(own, (d) => d['uniq_info'] as string | undefined)).map(([, same]) => {
        const { info, sha256_author_action: instance } = newest(same);
        return { info, instance };
      }),
    }),
    ...(has('datastreams') && { streams }),
    ...(has('instances') && { instances: expectedInstances(own) }),
    ...(has('parents') && { parents: expectedParents(own) }),
    ...(has('children') && { children: expectedChildren(all, sha256) }),
    ...(has('tags') && { tags: expectedTags(documents, sha256, maySee) }),
    ...(has('datastreams') && noContent && { diagnostics: [NO_CONTENT] }),
  };
}

const NO_CONTENT: Json = {
  severity: 'info',
  id: 'no_content',
  title: 'Content not found',
  body: 'The content for this binary is not in Azul and as such this file is unlikely to be processed by most plugins.',
};

/** How many buckets each aggregation has to give for a binary. */
export function bucketCounts(documents: readonly StoredDocument[], sha256: string, maySee: MaySee): Map<string, number> {
  const all = binaryDocuments(documents, maySee);
  const own = all.filter((d) => d['sha256'] === sha256);
  const count = (values: readonly unknown[]): number => new Set(values.filter((value) => value !== undefined)).size;
  const sources = groupsBy(own, (d) => json(d['source'])['name'] as string | undefined);
  return new Map([
    ['security', count(own.map((d) => d['security']))],
    ['sources', sources.size],
    ['features', count(own.map((d) => d['uniq_features']))],
    ['info', count(own.map((d) => d['uniq_info']))],
    ['datastreams', count(own.map((d) => d['uniq_data']))],
    ['instances', count(own.map((d) => d['sha256_author_action']))],
    ['parents', count(own.map((d) => json(d['parent'])['sha256']))],
    ['children', count(all.filter((d) => json(d['parent'])['sha256'] === sha256).map((d) => d['sha256']))],
    ...[...sources].map(([name, same]) => [`sources_${name}_references`, count(same.map((d) => d['track_source_references']))] as const),
  ]);
}
