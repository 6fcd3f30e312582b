/** The closed lists of Azul (spec 01 §9). What stands outside of them fails acceptance (§5.3) or publication (§9.1). */

export const BINARY_ACTIONS = ['sourced', 'extracted', 'augmented', 'mapped', 'enriched'] as const;
export type BinaryAction = (typeof BINARY_ACTIONS)[number];

export const FEATURE_TYPES = ['integer', 'float', 'string', 'binary', 'datetime', 'filepath', 'uri'] as const;
export type FeatureType = (typeof FEATURE_TYPES)[number];

export const DATASTREAM_LABELS = [
  'assemblyline',
  'cape_report',
  'content',
  'cs_call_tree',
  'decompiled_cs',
  'decompiled_c',
  'decompiled_java',
  'deob_js',
  'password_dictionary',
  'pcap',
  'report',
  'safe_png',
  'screenshot',
  'test',
  'text',
  'yara_rule_hit',
] as const;
export type DatastreamLabel = (typeof DATASTREAM_LABELS)[number];

/** Statuses whose results the dispatcher publishes as binary events (spec 01 §10.3). */
export const STATUS_SUCCESS = ['completed', 'completed-empty', 'completed-with-errors'] as const;

export const STATUS_ERROR = [
  'error-exception',
  'error-network',
  'error-runner',
  'error-input',
  'error-output',
  'error-timeout',
  'error-out-of-memory',
] as const;

/** Statuses of a task that goes on; any other marks it finished (spec 01 §10.3). */
export const STATUS_PROGRESS = ['heartbeat', 'dequeued'] as const;

/** Every value of §9; `download-requested` is a progress value of the Go side only, `opt-out` stands in no group. */
export const STATUSES = [...STATUS_SUCCESS, ...STATUS_ERROR, ...STATUS_PROGRESS, 'download-requested', 'opt-out'] as const;
export type Status = (typeof STATUSES)[number];

export const DOWNLOAD_ACTIONS = ['requested', 'success', 'failed', 'failed-not-found', 'skipped-already-present'] as const;
export type DownloadAction = (typeof DOWNLOAD_ACTIONS)[number];

export const DELETE_ACTIONS = ['submission', 'link', 'author', 'ids'] as const;
export type DeleteAction = (typeof DELETE_ACTIONS)[number];

export const RETROHUNT_ACTIONS = ['submitted', 'starting', 'running', 'completed'] as const;
export type RetrohuntAction = (typeof RETROHUNT_ACTIONS)[number];
