/** Kafka: does it answer, which release, are the topics there, and do they keep what must be kept. */
import Kafka from '@confluentinc/kafka-javascript';
import { createTopicAdmin } from '../../streams/admin.js';
import { topicPolicy } from '../../streams/topic-policies.js';
import type { Config } from '../config/index.js';
import { messageOf } from '../errors.js';
import { failed, ok, skipped, warning, type Check } from './check.js';
import { canAskDirectly, metadataVersion, topicSettings } from './kafka-wire.js';

/** Lowest level of `metadata.version` of each release, newest first. */
const RELEASES: readonly (readonly [level: number, release: string])[] = [
  [26, '4.1 or newer'],
  [22, '4.0'],
  [21, '3.9'],
  [20, '3.8'],
  [15, '3.7'],
  [12, '3.6'],
  [9, '3.5'],
  [8, '3.4'],
  [4, '3.3'],
];

const POLICY = 'cleanup.policy';
const RETENTION = 'retention.ms';

async function checkVersion(config: Config<'kafka'>): Promise<Check> {
  const name = 'kafka version';
  const client = `librdkafka ${Kafka.librdkafkaVersion}`;
  if (!canAskDirectly(config.kafka)) return skipped(name, `not asked over SASL; ${client}`);
  try {
    const level = await metadataVersion(config.kafka);
    const release = RELEASES.find(([lowest]) => level !== undefined && level >= lowest)?.[1] ?? 'older than 3.3';
    return ok(name, level === undefined ? `not told; ${client}` : `${release} (metadata.version ${level}); ${client}`);
  } catch (error) {
    return warning(name, messageOf(error), 'the broker does not answer version requests: check what listens at METAFOLD_KAFKA_BROKERS');
  }
}

/** What is wrong with one topic's policy, and whether it loses what must stay. */
function judge(topic: string, found: ReadonlyMap<string, string>, config: Config<'kafka'>): { fault: string; fatal: boolean } | undefined {
  const wanted = topicPolicy(topic, (source) => {
    const settings = config.sources.get(source);
    return settings && { expireAfterMs: settings.expireAfterMs, config: settings.kafka.config };
  });
  if (wanted === undefined) return undefined;
  const [policy, retention] = [found.get(POLICY) ?? '', found.get(RETENTION) ?? ''];
  if (policy !== wanted[POLICY]) {
    return {
      fault: `${topic} has ${POLICY}=${policy}, expected ${wanted[POLICY]}`,
      fatal: wanted[POLICY] === 'compact' && /\.system\./.test(topic),
    };
  }
  if (policy === 'delete' && retention !== wanted[RETENTION]) {
    return { fault: `${topic} has ${RETENTION}=${retention}, expected ${wanted[RETENTION]}`, fatal: false };
  }
  return undefined;
}

async function checkPolicies(config: Config<'kafka'>, topics: readonly string[]): Promise<Check> {
  const name = 'kafka topic policies';
  if (!canAskDirectly(config.kafka)) return skipped(name, 'not asked over SASL');
  if (topics.length === 0) return skipped(name, 'no topics');
  try {
    const settings = await topicSettings(config.kafka, topics, [POLICY, RETENTION]);
    const faults = topics.flatMap((topic) => judge(topic, settings.get(topic) ?? new Map<string, string>(), config) ?? []);
    if (faults.length === 0) return ok(name, `${topics.length} topics keep what they should`);
    const found = faults.map(({ fault }) => fault).join('; ');
    const todo = 'kafka-configs --alter --entity-type topics --entity-name <topic> --add-config <setting>=<expected>';
    return faults.some(({ fatal }) => fatal) ? failed(name, found, todo) : warning(name, found, `if it is not meant so: ${todo}`);
  } catch (error) {
    return warning(name, messageOf(error), 'the settings of topics could not be read: check that the account may describe them');
  }
}

/** Answers even when Kafka does not. */
export async function checkKafka(config: Config<'kafka'>): Promise<Check[]> {
  const { brokers, client, topicPrefix } = config.kafka;
  const admin = createTopicAdmin({ brokers, client, timeoutMs: 8_000 });
  try {
    const all = await admin.listTopics();
    const prefix = `azul.${topicPrefix}.`;
    const topics = all.filter((topic) => topic.startsWith(prefix)).sort();
    const found = `${topics.length} of ${all.length} topics begin with ${prefix}`;
    return [
      ok('kafka', `${brokers} answers`),
      await checkVersion(config),
      topics.length > 0
        ? ok('kafka topics', found)
        : warning('kafka topics', found, 'check METAFOLD_TOPIC_PREFIX, or publish events: workers find topics that appear later'),
      await checkPolicies(config, topics),
    ];
  } catch (error) {
    return [
      failed('kafka', `${brokers}: ${messageOf(error)}`, 'check METAFOLD_KAFKA_BROKERS, its security settings and that the brokers run'),
    ];
  } finally {
    admin.close();
  }
}
