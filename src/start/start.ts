/**
 * `metafold start`: local stack, sample history, worker and API in one go. What it starts it ends, in reverse order, however it ends; what was
 * there before it leaves alone.
 */
import type { Client } from '@opensearch-project/opensearch';
import { generationPartition } from '../../projections/generations.js';
import type { Docname } from '../../projections/index-names.js';
import { createGroupLagReader, type GroupLagReader } from '../../streams/group-lag.js';
import { loadConfig, type Config } from '../config/index.js';
import { readSeen } from '../generations/active.js';
import { createOpenSearchClient, openSearchError } from '../opensearch/client.js';
import { endProcess } from '../stack/process.js';
import type { Progress } from '../stack/index.js';
import { startChildren, untilServed, type Children } from './children.js';
import { asStartError, bringUpStack, type LocalStack } from './local-stack.js';
import { readLogState, readTopicEnds, totalLag, type GroupNames } from './log-state.js';
import { readMetrics } from './metrics-text.js';
import { askQueries, commonFeature, countDocuments, refreshDocuments } from './queries.js';
import { askRequests } from './requests.js';
import type { StartOptions, StartResult } from './result.js';
import { claimDataFolder, type RunRecord, type ServiceProcesses, type Started } from './record.js';
import { countSample, planPublication, publishSample, sampleEnvironment, writeSampleSettings } from './sample.js';
import type { Screen } from './screen.js';
import { foldedText, thousands } from './texts.js';
import { createWatch } from './watch.js';

export interface StartHost {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly screen: Screen;
  /** Print requests and queries as soon as they are there. */
  readonly printQueries: boolean;
}

const LEFTOVER_GRACE_MS = 40_000;
const OPENSEARCH_TIMEOUT_MS = 10_000;

interface Run {
  readonly options: StartOptions;
  readonly host: StartHost;
  readonly record: RunRecord;
  readonly result: StartResult;
}

function progressOf(screen: Screen): Progress {
  return ({ stage, message, finished }) => screen.say(stage, message, finished ? 1 : 0, 1);
}

/**
 * Runs until the signal is raised, or with `untilFolded` until the sample is folded, and fills `result` meanwhile. Throws MF_STACK, MF_USAGE
 * (another port base than the running stack's), or what the worker failed with.
 */
export async function start(options: StartOptions, host: StartHost, result: StartResult): Promise<void> {
  const record = claimDataFolder(result.data);
  try {
    await endLeftovers(record, host.screen);
    await withStack({ options, host, record, result });
  } catch (error) {
    throw asStartError(error);
  } finally {
    record.release();
  }
}

async function endLeftovers({ leftovers: { worker, server } }: RunRecord, screen: Screen): Promise<void> {
  for (const [stage, title, identity] of [['api', 'API', server] as const, ['worker', 'Worker', worker] as const]) {
    if (identity === undefined) continue;
    screen.say(stage, `${title} of an earlier start (pid ${String(identity.pid)}): stopping`);
    await endProcess(identity, LEFTOVER_GRACE_MS);
  }
}

async function withStack(run: Run): Promise<void> {
  const { options, host, record, result } = run;
  const { screen, signal } = host;
  const inherited = record.leftovers.services;
  const onStarted = (services: ServiceProcesses): void => record.note({ services });
  screen.say('stack', `Local stack in ${result.data}`);
  const stack = await bringUpStack({ data: result.data, portBase: options.portBase, signal, inherited, onStarted }, progressOf(screen));
  result.stack_was_running = stack.foundRunning.length > 0;
  if (stack.started.size === 0) screen.say('stack', 'The stack was up already');
  try {
    if (!signal.aborted) await withSample(run, stack);
  } finally {
    result.ended.push(...(await stack.end(progressOf(screen))));
  }
}

interface Session {
  readonly config: Config<'kafka' | 'opensearch'>;
  readonly client: Client;
  readonly lags: GroupLagReader;
  readonly groups: GroupNames;
}

async function withSample(run: Run, stack: LocalStack): Promise<void> {
  const { options, host, result } = run;
  const settingsFile = writeSampleSettings(result.data, options.binaries);
  const env = sampleEnvironment(host.env, stack.env, settingsFile);
  const config = await loadConfig(env, { need: ['kafka', 'opensearch'] });
  const client = createOpenSearchClient(config.opensearch, { requestTimeoutMs: OPENSEARCH_TIMEOUT_MS, maxRetries: 0 });
  const lags = createGroupLagReader(config.kafka.brokers, config.kafka.client);
  const { partition, ingestorVersionSuffix: versionSuffix } = config;
  try {
    const active = await readSeen(client, partition).catch((error: unknown) => Promise.reject(openSearchError(error, 'aliases')));
    const generationOf = (docname: Docname): string => generationPartition(partition, active.get(docname)!);
    const groups = { partition, generationOf, topicPrefix: config.kafka.topicPrefix, versionSuffix };
    const session: Session = { config, client, lags, groups };
    await publishMissing(run, session);
    if (!host.signal.aborted) await withChildren(run, stack, session, env);
  } finally {
    lags.close();
    await client.close();
  }
}

/** Publishes what of the sample is not in Kafka yet. */
async function publishMissing({ options, host, result }: Run, { config, client, lags, groups }: Session): Promise<void> {
  const { screen, signal } = host;
  const { partition, topicPrefix } = groups;
  screen.say('sample', `Sample of ${thousands(options.binaries)} binaries: looking what of it is there`);
  const expected = countSample(options.binaries);
  const documents = await countDocuments(client, partition).catch((error: unknown) => Promise.reject(openSearchError(error, 'count')));
  const lag = totalLag(await readLogState(lags, groups));
  const plan = planPublication(expected, await readTopicEnds(lags, topicPrefix), { documents, lag });
  if (plan.records === 0) {
    screen.say('sample', `Sample: published already, ${thousands(documents)} documents are there`);
    return;
  }
  const text = (done: number): string => `Sample: publishing ${thousands(done)} of ${thousands(plan.records)} events`;
  let nextLineAt = Date.now() + 1_000;
  result.published = await publishSample(config, options.binaries, plan, {
    signal,
    onProgress(done, total) {
      if (Date.now() < nextLineAt) return;
      nextLineAt = Date.now() + 1_000;
      screen.say('publish', text(done), done, total);
    },
  });
  const { published } = result;
  screen.say('publish', `Sample: ${thousands(published)} events published to azul.${topicPrefix}.*`, published, plan.records);
}

async function withChildren(run: Run, stack: LocalStack, session: Session, env: Readonly<Record<string, string>>): Promise<void> {
  const { options, host, record, result } = run;
  const { screen } = host;
  const workerEnv: Record<string, string> = options.logLevel === undefined ? {} : { METASTORE_LOG_LEVEL: options.logLevel.toUpperCase() };
  const onStarted = (started: Started): void => record.note(started);
  const children = await startChildren({ env, workerEnv, portBase: stack.portBase, data: result.data, screen, onStarted });
  result.api = children.api;
  try {
    await follow(run, stack, session, children);
  } finally {
    screen.live(undefined);
    result.ended.push(...(await children.end()));
  }
}

/** Shows the fold until it is to end. */
async function follow(run: Run, stack: LocalStack, session: Session, children: Children): Promise<void> {
  const { host, options, result } = run;
  const { client, lags, groups, config } = session;
  const { partition } = groups;
  const watch = createWatch({
    readLog: () => readLogState(lags, groups),
    readMetrics: () => readMetrics(children.metricsPort),
    countDocuments: () => countDocuments(client, partition),
    aliveServices: () => stack.alive(),
    api: children.api,
  });
  const gone = new AbortController();
  const signal = AbortSignal.any([host.signal, gone.signal]);
  host.screen.live(() => watch.view());
  try {
    await Promise.race([
      watch.run(signal, async () => {
        result.fold_seconds = Math.round(watch.view().seconds * 10) / 10;
        await refreshDocuments(client, partition);
        result.documents = await countDocuments(client, partition);
        const feature = await commonFeature(client, partition);
        result.queries = await askQueries(client, config.opensearch.url, partition, feature);
        await untilServed(children.api, signal);
        if (!signal.aborted) result.requests = await askRequests(children.api, feature, signal);
        if (host.printQueries) host.screen.print(foldedText(options, result));
        return options.untilFolded;
      }),
      children.died,
    ]);
  } finally {
    gone.abort();
    const { events, read, documents, rejected } = watch.view();
    Object.assign(result, { events, read, rejected, documents: Math.max(documents, result.documents) });
  }
}
