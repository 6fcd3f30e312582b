/** What `metafold start` is asked for and what it answers. */
import { dataFolderOf } from '../stack/options.js';
import type { AnsweredQuery } from './queries.js';
import type { AnsweredRequest } from './requests.js';
import { sampleName } from './sample.js';

export interface StartOptions {
  readonly data: string | undefined;
  readonly portBase: number | undefined;
  /** Size of the sample: different files with content. */
  readonly binaries: number;
  /** End once the sample is folded. */
  readonly untilFolded: boolean;
  /** Level of the worker's log; undefined: as the environment says. */
  readonly logLevel: string | undefined;
}

/** Complete as far as the run has come. */
export interface StartResult {
  data: string;
  prefix: string;
  partition: string;
  stack_was_running: boolean;
  /** Records published by this run. */
  published: number;
  /** Events in the log that projections fold, and how many of them were read, by this run or an earlier one. */
  events: number;
  read: number;
  documents: number;
  rejected: number;
  /** From the start of the worker until nothing was left to fold; null when it did not come to that. */
  fold_seconds: number | null;
  queries: AnsweredQuery[];
  /** Address of the API while this run lasts; null before it is served. */
  api: string | null;
  requests: AnsweredRequest[];
  /** What this run has started and ended: services, the worker, the API. */
  ended: string[];
}

/** The result of a run that has not begun. */
export function emptyResult(options: StartOptions): StartResult {
  const name = sampleName(options.binaries);
  return {
    data: dataFolderOf({ ...(options.data === undefined ? {} : { data: options.data }) }),
    prefix: name,
    partition: name,
    stack_was_running: false,
    published: 0,
    events: 0,
    read: 0,
    documents: 0,
    rejected: 0,
    fold_seconds: null,
    queries: [],
    api: null,
    requests: [],
    ended: [],
  };
}
