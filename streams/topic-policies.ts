/** What a topic is created with: policy and retention of Azul's topics and of metafold's own (spec 01 §1). */

/** Topic settings in Kafka's names. */
export type TopicConfig = Readonly<Record<string, string>>;

const DAY_MS = 86_400_000;
const SEGMENT_BYTES = '1073741824';
/** The platform's records reach 3 MiB, dead letters carry headers besides. */
const MAX_MESSAGE_BYTES = '4194304';
const FOR_EVER = -1;

/** Retention in milliseconds by system topic; -1: compacted and kept for ever. */
const SYSTEM_RETENTION: Readonly<Record<string, number>> = {
  expedite: 7 * DAY_MS,
  error: 7 * DAY_MS,
  insert: FOR_EVER,
  delete: FOR_EVER,
  retrohunt: FOR_EVER,
  plugin: 7 * DAY_MS,
  status: DAY_MS,
  download: DAY_MS / 2,
  report: 28 * DAY_MS,
  scrape: 28 * DAY_MS,
  'dead-letter': FOR_EVER,
  'projection-control': FOR_EVER,
  annotation: FOR_EVER,
  'collection-task': FOR_EVER,
  'collection-lock': FOR_EVER,
};

function configFor(retentionMs: number): TopicConfig {
  return {
    'cleanup.policy': retentionMs === FOR_EVER ? 'compact' : 'delete',
    'retention.ms': String(retentionMs),
    'segment.bytes': SEGMENT_BYTES,
    'max.message.bytes': MAX_MESSAGE_BYTES,
  };
}

/** What a binary topic takes from the settings of its source. */
export interface SourceTopicSettings {
  /** Milliseconds; -1 = for ever. */
  readonly expireAfterMs: number;
  /** Other topic settings of the source; policy and retention follow from the expiry. */
  readonly config: TopicConfig;
}

/**
 * Settings of a topic by its name, `azul.<prefix>.<source>.binary.<action>` or `azul.<prefix>.system.<name>`; undefined for a name
 * that is neither. `sourceSettings` knows the sources; an unknown one does not expire.
 */
export function topicPolicy(
  topic: string,
  sourceSettings: (source: string) => SourceTopicSettings | undefined = () => undefined,
): TopicConfig | undefined {
  const parts = topic.split('.');
  if (parts[0] !== 'azul' || parts.length < 4 || parts.includes('')) return undefined;
  const [last, kind, source] = [parts.at(-1)!, parts.at(-2)!, parts.at(-3)!];
  if (kind === 'system') return Object.hasOwn(SYSTEM_RETENTION, last) ? configFor(SYSTEM_RETENTION[last]!) : undefined;
  if (kind !== 'binary' || parts.length < 5) return undefined;
  const settings = sourceSettings(source);
  const policy = configFor(settings === undefined || settings.expireAfterMs <= 0 ? FOR_EVER : settings.expireAfterMs);
  return { ...policy, ...settings?.config, 'cleanup.policy': policy['cleanup.policy']!, 'retention.ms': policy['retention.ms']! };
}
