import { InvalidArgumentError, type Command } from 'commander';
import { createLineWriter } from '../export/line-writer.js';
import { generateHistory, sampleSettings } from '../generate/index.js';
import {
  baseCommand,
  CommandFailure,
  runCommand,
  wholeNumber,
  type CommandContext,
  type CommandOutcome,
  type CommonOptions,
} from './run.js';

interface GenerateOptions extends CommonOptions {
  readonly binaries: number;
  readonly seed: number;
  readonly prefix: string;
  readonly partition: string;
  readonly output?: string;
  readonly settings?: boolean;
}

/** Lines handed to the writer at a time. */
const BATCH_CHARACTERS = 262_144;

function topicPrefix(value: string): string {
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(value)) throw new InvalidArgumentError('expected letters, digits, "_", "-" and ".".');
  return value;
}

async function generate(options: GenerateOptions, context: CommandContext): Promise<CommandOutcome> {
  const writer = await createLineWriter(options.output);
  const topics: Record<string, number> = {};
  let events = 0;
  let pending = '';
  const report = () => ({ events, topics, output: options.output ?? null });
  try {
    for (const { topic, line } of generateHistory({ binaries: options.binaries, seed: options.seed, prefix: options.prefix })) {
      if (context.signal.aborted) break;
      pending += `${line}\n`;
      events++;
      topics[topic] = (topics[topic] ?? 0) + 1;
      if (pending.length < BATCH_CHARACTERS) continue;
      await writer.write(pending);
      pending = '';
      context.progress.report('generating', events);
    }
    await writer.write(pending);
    await writer.close();
  } catch (error) {
    throw new CommandFailure(error, report());
  }
  return { result: report(), text: `${events} events` };
}

async function printSettings(options: GenerateOptions): Promise<CommandOutcome> {
  const writer = await createLineWriter(options.output);
  await writer.write(`${JSON.stringify(sampleSettings(options.prefix, options.partition), null, 2)}\n`);
  await writer.close();
  return { result: { output: options.output ?? null }, text: 'settings written' };
}

/** `metafold generate`: a made-up history, the same for the same seed (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(name, 'print a made-up history as JSON lines for `metafold publish`; the same seed gives the same history', [
    'metafold generate --binaries 1000 > history.jsonl',
    'metafold generate --binaries 5000 --seed 7 | metafold publish -',
    'metafold generate --settings > settings.json',
  ])
    .option('--binaries <n>', 'how many binaries the history is about', wholeNumber(1, 100_000_000), 100)
    .option('--seed <n>', 'where chance starts', wholeNumber(0, 4_294_967_295), 1)
    .option('--prefix <prefix>', 'topic prefix', topicPrefix, 'test01')
    .option('--partition <partition>', 'with --settings: index partition in them', 'dev01')
    .option('-o, --output <file>', 'write to a file; the result is printed then')
    .option('--settings', 'print settings that fit the history instead, for METAFOLD_SETTINGS')
    .action((options: GenerateOptions) =>
      runCommand(name, { ...options, output: options.output === undefined ? 'stream' : 'result' }, (context) =>
        options.settings ? printSettings(options) : generate(options, context),
      ),
    );
}
