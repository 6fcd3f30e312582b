/** An API over the folded history, asked to find binaries, and what each caller must find there. */
import { apiHistory, type ApiHistory } from './api-history.js';
import { CALLER_NAMES, startTestApi, type Answer, type Ask, type CallerName, type Envelope, type TestApi } from './api.js';
import type { OfAll } from './document-matchers.js';
import { hasSource, visibleChildren, type Fields } from './find-model.js';
import type { Integration } from './integration.js';

export interface FindHistory {
  readonly history: ApiHistory;
  readonly api: TestApi;
  /** Metadata documents that a caller may read, by caller and sha256. */
  readonly children: ReadonlyMap<CallerName, ReadonlyMap<string, readonly Fields[]>>;
}

/** Folds the history unless that is done, and starts an API over it, closed after the tests of the suite. */
export async function openFindHistory(test: Integration): Promise<FindHistory> {
  const history = await apiHistory();
  const api = await startTestApi(history.arena);
  test.closing(() => api.close());
  return { history, api, children: new Map(CALLER_NAMES.map((caller) => [caller, visibleChildren(history, caller)])) };
}

export interface Row {
  readonly key: string;
  readonly exists: boolean;
  readonly has_content: boolean;
  readonly sha256?: string;
  readonly highlight?: Readonly<Record<string, readonly string[]>>;
  readonly tags?: readonly Fields[];
  readonly is_duplicate_find?: boolean;
}

export interface Found {
  readonly items_count?: number;
  readonly items: readonly Row[];
}

export interface AskFind extends Ask {
  readonly hashes?: readonly string[];
}

export type FindParameters = Readonly<Record<string, string | readonly string[]>>;

export interface Find extends FindHistory {
  /** Asks for binaries; with POST unless told otherwise. */
  readonly ask: (
    caller: CallerName,
    parameters: FindParameters,
    ask?: AskFind,
  ) => Promise<Answer<Envelope<Found> & { readonly message: string }>>;
  /** Sorted hashes of the binaries that a caller finds by what holds for their visible documents. */
  readonly expected: (caller: CallerName, matches: OfAll) => string[];
}

function path(parameters: FindParameters): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]));
  return `/v0/binaries?${new URLSearchParams(pairs).toString()}`;
}

/** {@link openFindHistory}, with what the tests of finding ask and expect. */
export async function openFind(test: Integration): Promise<Find> {
  const opened = await openFindHistory(test);
  const { api, children } = opened;
  return {
    ...opened,
    ask: (caller, parameters, { hashes, ...rest } = {}) =>
      api.ask(caller, path(parameters), { method: 'POST', ...(hashes && { body: { hashes } }), ...rest }),
    expected: (caller, matches) =>
      [...children.get(caller)!]
        .filter(([, documents]) => documents.some(hasSource) && matches(documents))
        .map(([sha256]) => sha256)
        .sort(),
  };
}
