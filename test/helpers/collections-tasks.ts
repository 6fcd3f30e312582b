/** Tasks over the fixture histories: the query, and beside it by hand which rows an event gives. */
import type { ModelTask, Typed } from './collections-model.js';

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call
   -- events are JSON of many shapes; here they are read as they stand */

/** A hundred years: what the histories hold does not expire. */
const LONG = 3_153_600_000;
const str = (value: any): Typed => ['str', value ?? null];
const int8 = (value: any): Typed => ['int8', value ?? null];
const one = (row: Readonly<Record<string, Typed>>): readonly Readonly<Record<string, Typed>>[] => [row];
const firstFeature = (event: any, name: string): string | null =>
  (event.entity.features ?? []).find((feature: any) => feature.name === name)?.value ?? null;

export const MODEL_TASKS: readonly ModelTask[] = [
  {
    name: 'seen',
    query: 'from azul.binary.sourced select sha256',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['sha256'],
    valueFields: [],
    rows: (event) => (event.action === 'sourced' ? one({ sha256: str(event.entity.sha256) }) : []),
  },
  {
    name: 'sourced',
    query: 'from azul.binary.sourced select sha256, source, size, source.references as refs',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['sha256', 'source'],
    valueFields: ['size', 'refs', 'eventdate'],
    rows: (event) =>
      event.action === 'sourced'
        ? one({
            sha256: str(event.entity.sha256),
            source: str(event.source.name),
            size: int8(event.entity.size),
            refs: ['json', event.source.references ?? null],
          })
        : [],
  },
  {
    name: 'large children',
    query: 'from azul.binary.extracted where size > 1048576, not (source = "s1") select sha256, parent.sha256, source.depth',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['parent.sha256', 'sha256'],
    valueFields: ['source.depth'],
    rows: (event) =>
      event.action === 'extracted' && (event.entity.size ?? 0) > 1048576 && event.source.name !== 's1'
        ? one({
            sha256: str(event.entity.sha256),
            'parent.sha256': str(event.source.path.at(-2)?.sha256),
            'source.depth': ['int4', event.source.path.length],
          })
        : [],
  },
  {
    name: 'one source',
    query: 'from azul.binary where source = "virustotal" and isnotnull(mime) select mime, action, root.sha256 as root',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['mime', 'action'],
    valueFields: ['root'],
    rows: (event) =>
      event.source.name === 'virustotal' && event.entity.mime !== undefined
        ? one({ mime: str(event.entity.mime), action: str(event.action), root: str(event.source.path[0]?.sha256) })
        : [],
  },
  {
    name: 'domains of urls',
    query: 'from azul.feature where feature.name = "c2_url" select lower(feature.value) as url, feature.type',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['url'],
    valueFields: ['feature.type'],
    rows: (event) =>
      (event.entity.features ?? [])
        .filter((feature: any) => feature.name === 'c2_url')
        .map((feature: any) => ({ url: str(feature.value.toLowerCase()), 'feature.type': str(feature.type) })),
  },
  {
    name: 'section sizes',
    query:
      'from azul.feature.enriched where feature.name = "pe_section_size" and int(feature.value) % 2 = 0 select int(feature.value) as bytes, sha256',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['bytes'],
    valueFields: ['sha256'],
    rows: (event) =>
      event.action === 'enriched'
        ? (event.entity.features ?? [])
            .filter(
              (feature: any) => feature.name === 'pe_section_size' && /^[+-]?\d+$/.test(feature.value) && Number(feature.value) % 2 === 0,
            )
            .map((feature: any) => ({ bytes: int8(Number(feature.value)), sha256: str(event.entity.sha256) }))
        : [],
  },
  {
    name: 'imports',
    query: 'from azul.binary.enriched where has_feature("pe_import") select feature("pe_import") as name, author.name, features.count',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['name', 'author.name'],
    valueFields: ['features.count'],
    rows: (event) =>
      event.action === 'enriched' && firstFeature(event, 'pe_import') !== null
        ? one({
            name: str(firstFeature(event, 'pe_import')),
            'author.name': str(event.author.name),
            'features.count': ['int4', event.entity.features.length],
          })
        : [],
  },
  {
    name: 'done',
    query: 'from azul.status where status in ("completed", "opt-out") select author.name, sha256, status, runtime',
    model: 'status',
    expireIn: LONG,
    keyFields: ['author.name', 'sha256'],
    valueFields: ['status', 'runtime'],
    rows: ({ author, entity }) =>
      ['completed', 'opt-out'].includes(entity.status)
        ? one({
            'author.name': str(author.name),
            sha256: str(entity.input.entity.sha256),
            status: str(entity.status),
            runtime: ['float8', entity.runtime ?? null],
          })
        : [],
  },
  {
    name: 'errors',
    query: 'from azul.status where status -> "error" select author.name, author.version, ifthenelse(isnull(error), "none", error) as why',
    model: 'status',
    expireIn: LONG,
    keyFields: ['author.name', 'author.version', 'why'],
    valueFields: [],
    rows: ({ author, entity }) =>
      entity.status.includes('error')
        ? one({ 'author.name': str(author.name), 'author.version': str(author.version), why: str(entity.error ?? 'none') })
        : [],
  },
  {
    name: 'plugins',
    query: 'from azul.plugin select plugin.name, plugin.version, plugin.features.count',
    model: 'plugin',
    expireIn: LONG,
    keyFields: ['plugin.name', 'plugin.version'],
    valueFields: ['plugin.features.count'],
    rows: ({ entity }) =>
      one({
        'plugin.name': str(entity.name),
        'plugin.version': str(entity.version),
        'plugin.features.count': ['int4', (entity.features ?? []).length],
      }),
  },
  {
    name: 'inserts',
    query: 'from azul.insert select parent.sha256, sha256, child.action',
    model: 'insert',
    expireIn: LONG,
    keyFields: ['parent.sha256', 'sha256'],
    valueFields: ['child.action'],
    rows: ({ entity }) =>
      one({
        'parent.sha256': str(entity.parent_sha256),
        sha256: str(entity.child.sha256),
        'child.action': str(entity.child_history.action),
      }),
  },
  {
    name: 'deletes',
    query: 'from azul.delete where action != "ids" select action, reason, delete.submission',
    model: 'delete',
    expireIn: LONG,
    keyFields: ['action', 'delete.submission'],
    valueFields: ['reason'],
    rows: ({ action, entity }) =>
      action === 'ids'
        ? []
        : one({ action: str(action), reason: str(entity.reason), 'delete.submission': str(entity.submission?.track_source_references) }),
  },
  {
    name: 'downloads',
    query: 'from azul.download select hash, action, source',
    model: 'download',
    expireIn: LONG,
    keyFields: ['hash'],
    valueFields: ['action', 'source'],
    rows: ({ entity, action, source }) => one({ hash: str(entity.hash), action: str(action), source: str(source.name) }),
  },
  {
    name: 'seen by low',
    query: 'from azul.binary select sha256',
    model: 'binary',
    expireIn: LONG,
    labels: ['LOW'],
    keyFields: ['sha256'],
    valueFields: [],
    rows: (event) => one({ sha256: str(event.entity.sha256) }),
  },
  {
    name: 'the first minutes',
    query: 'from azul.status select sha256, input.eventdate as then',
    model: 'status',
    expireIn: LONG,
    from: 1_772_323_260,
    to: 1_772_323_500,
    keyFields: ['sha256'],
    valueFields: ['then'],
    rows: ({ entity }) =>
      one({
        sha256: str(entity.input.entity.sha256),
        then: ['timestamp', Date.parse(entity.input.timestamp.replace(/(\.\d{3})\d+/, '$1'))],
      }),
  },
  {
    name: 'long gone',
    query: 'from azul.binary select sha256',
    model: 'binary',
    expireIn: 86_400,
    keyFields: ['sha256'],
    valueFields: [],
    rows: (event) => one({ sha256: str(event.entity.sha256) }),
  },
];
