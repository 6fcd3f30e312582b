/** Makes sure of each topic once: creates what is missing with the settings that Azul gives it (spec 01 §1). */
import type { BaseConfig } from '../config/index.js';
import { MetafoldError, messageOf } from '../errors.js';
import type { TopicAdmin } from '../../streams/admin.js';
import { topicPolicy } from '../../streams/topic-policies.js';

export interface TopicKeeperOptions {
  readonly admin: TopicAdmin;
  readonly sources: BaseConfig['sources'];
  /** For new topics; undefined: what the source's settings say, else 1. */
  readonly partitions: number | undefined;
  readonly replication: number | undefined;
}

export interface TopicKeeper {
  /** Topics that were created, in order. */
  readonly created: readonly string[];
  /** Resolves once the topic is there; rejects for a name that is no topic of the platform and not there either. */
  ensure(topic: string): Promise<void>;
}

export function createTopicKeeper({ admin, sources, partitions, replication }: TopicKeeperOptions): TopicKeeper {
  const created: string[] = [];
  const ready = new Set<string>();
  let existing: Promise<Set<string>> | undefined;

  async function create(topic: string): Promise<void> {
    const source = sources.get(topic.split('.').at(-3) ?? '');
    const isBinary = topic.split('.').at(-2) === 'binary';
    const config = topicPolicy(topic, () => source && { expireAfterMs: source.expireAfterMs, config: source.kafka.config });
    if (config === undefined) {
      const message = `topic "${topic}" does not exist and is none of Azul's, expected azul.<prefix>.<source>.binary.<action> or azul.<prefix>.system.<name>`;
      throw new MetafoldError('MF_KAFKA_TOPIC', message, { topic });
    }
    const own = isBinary ? source?.kafka : undefined;
    const isNew = await admin.createTopic({
      topic,
      partitions: partitions ?? (own?.numPartitions || 1),
      replication: replication ?? (own?.replicationFactor || 1),
      config,
    });
    if (isNew) created.push(topic);
  }

  return {
    created,
    async ensure(topic) {
      if (ready.has(topic)) return;
      try {
        existing ??= admin.listTopics().then((topics) => new Set(topics));
        if (!(await existing).has(topic)) await create(topic);
      } catch (error) {
        if (error instanceof MetafoldError) throw error;
        throw new MetafoldError('MF_KAFKA', messageOf(error), { topic }, { cause: error });
      }
      ready.add(topic);
    },
  };
}
