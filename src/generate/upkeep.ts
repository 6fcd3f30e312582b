/** What happens beside submissions: plugins register and are upgraded, files are asked for. */
import type { DownloadAction } from '../../schemas/enums.js';
import {
  type DownloadEvent,
  type EventAuthor,
  type EventSource,
  type PluginEntity,
  type PluginEvent,
  ZERO_TIME,
} from '../../schemas/events.js';
import { pluginKey } from '../../schemas/identity.js';
import { systemTopic } from '../../streams/topics.js';
import { SUBMITTED_FORMATS } from './formats.js';
import { pluginRelease, type Plugin } from './plugins.js';
import type { Weighted } from './random.js';
import { repeatRun, SECOND } from './runs.js';
import { makeSample, type Sample } from './samples.js';
import { stringMap } from './publication.js';
import { chooseAnalyst, chooseSource, type SampleSource } from './sources.js';
import { submit } from './submissions.js';
import { schedule, type World } from './world.js';

/** At most so many binaries are looked at again by an upgraded plugin. */
const REPEATED_RUNS = 12;

function pluginEvent(plugin: Plugin, at: number): PluginEvent {
  const { spec, author } = plugin;
  const features = spec.features.map(({ name, type, desc }) => ({ name, type, desc, tags: [] }));
  const config = { run_timeout: '600', is_processing_download_events: 'false', request_retry_count: '2' };
  const entity: PluginEntity = {
    name: author.name,
    version: author.version,
    category: author.category,
    contact: 'plugins@example.com',
    description: spec.description,
    features,
    security: author.security,
    config: stringMap(config),
  };
  return { model_version: 6, kafka_key: pluginKey({ entity }), timestamp: BigInt(at), author, entity };
}

/** A plugin says that it is there, as it does at each start: the same version gives the same key. */
export function register(world: World, at: number, plugin: Plugin): void {
  schedule(world, at, { topic: systemTopic(world.prefix, 'plugin'), model: 'plugin', event: pluginEvent(plugin, at) });
}

/** A plugin in a new version, which then runs again on binaries that the old one has seen: same documents, same keys, later times. */
export function upgrade(world: World, at: number): void {
  const { random, plugins, recent } = world;
  const slot = random.int(0, plugins.length - 1);
  const { spec, release } = plugins[slot]!;
  const plugin = pluginRelease(spec, release + 1);
  plugins[slot] = plugin;
  register(world, at, plugin);
  const seen = recent.filter(({ enrichedBy }) => enrichedBy.includes(spec));
  random.sample(seen, REPEATED_RUNS).forEach(({ event, sample }, index) => {
    const ready = Math.max(at, Number(event.timestamp));
    repeatRun(world, { plugin, input: event, sample, start: ready + (index + 1) * 3 * SECOND });
  });
}

const DOWNLOAD_ENDS: Weighted<Exclude<DownloadAction, 'requested'>> = [
  ['success', 55],
  ['failed', 10],
  ['failed-not-found', 25],
  ['skipped-already-present', 10],
];

const DOWNLOADER: EventAuthor = { name: 'Retriever', version: '2.3', category: 'plugin', security: 'LOW' };

function downloadEvent(
  world: World,
  at: number,
  author: EventAuthor,
  action: DownloadAction,
  hash: string,
  source: EventSource,
): DownloadEvent {
  const { random } = world;
  const isDirect = action === 'success';
  return {
    model_version: 6,
    // The dispatcher takes 32 random bytes as descriptor; its MD5 is as good as any other random number (spec 01 §8).
    kafka_key: random.hex(32),
    timestamp: BigInt(at),
    author,
    source,
    action,
    entity: {
      hash,
      direct_url: isDirect ? `https://files.example.com/${hash}?sig=${random.hex(8)}` : undefined,
      direct_expiry: isDirect ? BigInt(at + 3600 * SECOND) : ZERO_TIME,
      pcap: random.chance(0.1),
      category: random.pick(['manual', 'hunt', 'feed']),
      category_quota: random.int(10, 500),
      metadata: isDirect
        ? `{"positives":${random.int(0, 70)},"score":${random.pick(['5.0', '0.25', '1e-3'])},"names":["${random.hex(6)}.bin"]}`
        : undefined,
    },
  };
}

/** The source of a download: nothing has a path yet. */
function downloadSource(world: World, source: SampleSource, at: number): EventSource {
  const { random } = world;
  const references = source.references(random);
  return { name: source.name, references, security: random.weighted(source.labels), path: [], timestamp: BigInt(at), settings: undefined };
}

/** Somebody asks for a hash; some seconds later it is known how that went, and a file that was found comes in. */
export function download(world: World, at: number): void {
  const { random } = world;
  const source = chooseSource(random);
  const action = random.weighted(DOWNLOAD_ENDS);
  const sample: Sample = makeSample(random, random.weighted(SUBMITTED_FORMATS));
  const eventSource = downloadSource(world, source, at);
  const topic = systemTopic(world.prefix, 'download');
  const end = at + 1000 + Math.round(random.exponential(8) * SECOND);
  const requested = downloadEvent(world, at, chooseAnalyst(random), 'requested', sample.sha256, eventSource);
  schedule(world, at, { topic, model: 'download', event: requested });
  schedule(world, end, { topic, model: 'download', event: downloadEvent(world, end, DOWNLOADER, action, sample.sha256, eventSource) });
  if (action === 'success' && world.remaining > 0) submit(world, end + SECOND, sample, source);
}
