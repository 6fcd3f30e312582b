/** The projections: what each reads and how it folds it. The one place where a new one is registered. */
import type { BinaryEvent, DownloadEvent, Micros, PluginEvent, StatusEvent } from '../schemas/events.js';
import { foldBinary } from './binary/fold.js';
import { foldStatusResults, type StatusResults } from './binary/status-results.js';
import { foldDownload } from './download/project.js';
import type { Docname } from './index-names.js';
import { foldPlugin } from './plugin/project.js';
import type { Tables } from './removal/tables.js';
import type { ProjectionSettings } from './settings.js';
import { foldStatus } from './status/project.js';
import type { FoldResult, StreamRecord } from './types.js';

/** Kinds of topics: `binary` are the per-source ones, the others `system.<kind>`. */
export type TopicKind = 'binary' | 'expedite' | 'status' | 'plugin' | 'download';

/** What a record is decoded to. `status-results` is a status read for its results alone, its input undecoded. */
export interface DecodedForms {
  readonly binary: BinaryEvent;
  readonly status: StatusEvent;
  readonly 'status-results': StatusResults;
  readonly plugin: PluginEvent;
  readonly download: DownloadEvent;
}

export type Form = keyof DecodedForms;

/** Folds one record; `now` is the instant of the batch in µs, `tables` all deletes and inserts that are known. Throws only what is a bug. */
export type Fold<F extends Form> = (
  record: StreamRecord<DecodedForms[F]>,
  settings: ProjectionSettings,
  now: Micros,
  tables: Tables,
) => FoldResult;

/** One kind of record that a projection folds, and from which topics. */
export type Reading = {
  readonly [F in Form]: { readonly form: F; readonly topics: readonly TopicKind[]; readonly fold: Fold<F> };
}[Form];

export interface Projection {
  readonly name: 'binary' | 'status' | 'plugin' | 'download';
  /** Family of indices that it writes. */
  readonly docname: Docname;
  /** Whether every document hangs from a parent document of its routing. */
  readonly parents: boolean;
  /** Whether its folds ask the delete and insert tables. */
  readonly deletes: boolean;
  readonly reads: readonly Reading[];
}

/** All projections. */
export const projections: readonly Projection[] = [
  {
    name: 'binary',
    docname: 'binary2',
    parents: true,
    deletes: true,
    reads: [
      { form: 'binary', topics: ['binary', 'expedite'], fold: foldBinary },
      { form: 'status-results', topics: ['status'], fold: foldStatusResults },
    ],
  },
  { name: 'status', docname: 'status', parents: false, deletes: false, reads: [{ form: 'status', topics: ['status'], fold: foldStatus }] },
  { name: 'plugin', docname: 'plugin', parents: false, deletes: false, reads: [{ form: 'plugin', topics: ['plugin'], fold: foldPlugin }] },
  {
    name: 'download',
    docname: 'status',
    parents: false,
    deletes: false,
    reads: [{ form: 'download', topics: ['download'], fold: foldDownload }],
  },
];
