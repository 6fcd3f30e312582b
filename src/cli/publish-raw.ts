import type { Command } from 'commander';
import { createRegistry } from '../../streams/registry.js';
import { loadConfig } from '../config/index.js';
import { createSender, noCounts, settle } from '../publish/publish.js';
import { readRecords } from '../publish/raw.js';
import { openSession } from '../publish/session.js';
import {
  baseCommand,
  CommandFailure,
  runCommand,
  wholeNumber,
  type CommandContext,
  type CommandOutcome,
  type CommonOptions,
} from './run.js';

interface RawCommandOptions extends CommonOptions {
  readonly key?: string;
  readonly force?: boolean;
  readonly partitions?: number;
  readonly replication?: number;
}

async function run(topic: string, files: readonly string[], options: RawCommandOptions, context: CommandContext): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need: ['kafka'] });
  for (const warning of config.warnings) context.warn(warning);
  const log = context.logger(config.logLevel);
  const registry = config.registryUrl === undefined ? undefined : createRegistry({ url: config.registryUrl });
  const counts = noCounts();
  const session = await openSession(config, {
    partitions: options.partitions,
    replication: options.replication,
    onError: (error) => log.debug({ error: error.message }, 'kafka client'),
  });
  const report = () => ({ published: counts.published, bytes: counts.bytes, topic, created: session.keeper.created });
  const send = createSender(session.producer, counts);
  try {
    const { key, force = false } = options;
    try {
      for await (const record of readRecords(files, { topic, key, force, registry })) {
        if (context.signal.aborted) break;
        await session.keeper.ensure(topic);
        await send(record);
        context.progress.report('publishing', counts.published, files.length);
      }
    } finally {
      await settle(session.producer, counts);
    }
  } catch (error) {
    throw new CommandFailure(error, report());
  } finally {
    await session.close();
  }
  return { result: report(), text: `${counts.published} records published to ${topic}` };
}

/** `metafold publish-raw`: records as bytes, for what the JSON form cannot say (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(name, 'publish raw Avro records, one a file, unchanged; the key is the one in the event', [
    'metafold publish-raw azul.test01.system.delete link.avro',
    'metafold publish-raw azul.test01.s1.binary.sourced *.avro --json',
    'metafold publish-raw azul.test01.s1.binary.sourced broken.bin --force',
  ])
    .argument('<topic>', 'the topic; created when it is missing')
    .argument('<file...>', 'files with one record each')
    .option('--key <key>', 'record key of all files')
    .option('--force', "publish records that are no events too, with the file's name as key")
    .option('--partitions <n>', 'partitions of the topic if it is created (default: 1)', wholeNumber(1, 10_000))
    .option('--replication <n>', 'replicas of the topic if it is created (default: 1)', wholeNumber(1, 100))
    .action((topic: string, files: string[], options: RawCommandOptions) =>
      runCommand(name, options, (context) => run(topic, files, options, context)),
    );
}
