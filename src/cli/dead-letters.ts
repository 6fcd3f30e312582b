/** `metafold dead-letters list|show|replay` (spec 06 §2.7). */
import { Argument, Command } from 'commander';
import { eventToJson } from '../../schemas/json-form.js';
import { deadLetterKey, type DeadLetter } from '../../streams/dead-letter.js';
import { createDecoder } from '../../streams/decode.js';
import { createRegistry } from '../../streams/registry.js';
import { modelOfTopic } from '../../streams/topics.js';
import { readLogTables } from '../tables/log-tables.js';
import { loadConfig } from '../config/index.js';
import { openParking } from '../dead-letters/parking.js';
import { positionOf, readDeadLetters, selectLetters } from '../dead-letters/read.js';
import { replayLetters, type ReplayedLetter } from '../dead-letters/replay.js';
import { MetafoldError } from '../errors.js';
import { activeTargets, readSeen } from '../generations/active.js';
import { createOpenSearchClient } from '../opensearch/client.js';
import { workerSettings } from '../worker/settings.js';
import { baseCommand, runCommand, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

interface SelectOptions extends CommonOptions {
  readonly reason?: string;
  readonly projection?: string;
  readonly all?: boolean;
}

const EXAMPLES = [
  'metafold dead-letters list',
  'metafold dead-letters list --reason BadSourceException --json',
  'metafold dead-letters show azul.qa01.s1.binary.sourced/0/1234',
  'metafold dead-letters replay azul.qa01.s1.binary.sourced/0/1234',
  'metafold dead-letters replay --reason BadSourceException',
  'metafold dead-letters replay --all',
];

/** The parent has no options of its own: commander would take --json of a subcommand for its. */
export function createCommand(name: string): Command {
  const command = new Command(name)
    .description('records that could not be folded, with the reason and their position')
    .addHelpText('after', `\nExamples:\n${EXAMPLES.map((example) => `  $ ${example}`).join('\n')}`);
  for (const subcommand of [listCommand(), showCommand(), replayCommand()]) command.addCommand(subcommand);
  return command;
}

function selecting(command: Command): Command {
  return command
    .option('--reason <text>', 'only letters of this class, or with this text in their reason')
    .option('--projection <name>', 'only letters of this projection');
}

const position = (description: string): Argument => new Argument('[position...]', `${description} topic/partition/offset`);

function listCommand(): Command {
  const command = baseCommand('list', 'list the letters that stand', ['metafold dead-letters list --reason mapper_parsing_exception']);
  return selecting(command).action((options: SelectOptions) =>
    runCommand('dead-letters list', options, async (context) => {
      const letters = await chosen([], options, context);
      return { result: { items: letters.map(listed) }, text: letters.length === 0 ? 'no dead letters' : letters.map(line).join('\n') };
    }),
  );
}

function showCommand(): Command {
  const command = baseCommand('show', 'print letters whole: reason, headers and the record, decoded where it can be', [
    'metafold dead-letters show azul.qa01.system.status/0/17',
  ]).addArgument(position('which letters:').argRequired());
  return selecting(command).action((positions: string[], options: SelectOptions) =>
    runCommand('dead-letters show', options, async (context) => {
      const letters = await chosen(positions, options, context);
      requireAll(positions, letters);
      return { result: { items: letters.map(shown) } };
    }),
  );
}

function replayCommand(): Command {
  const command = baseCommand('replay', 'fold letters again at their original position, after the cause is mended', [
    'metafold dead-letters replay --all',
  ])
    .addArgument(position('which letters:'))
    .option('--all', 'every letter that stands');
  return selecting(command).action((positions: string[], options: SelectOptions) =>
    runCommand('dead-letters replay', options, async (context) => {
      if (positions.length === 0 && options.reason === undefined && options.projection === undefined && options.all !== true) {
        throw new MetafoldError('MF_USAGE', 'name positions, --reason, --projection or --all');
      }
      const letters = await chosen(positions, options, context);
      requireAll(positions, letters);
      return replayOutcome(await replay(letters, context));
    }),
  );
}

async function chosen(positions: readonly string[], { reason, projection }: SelectOptions, context: CommandContext): Promise<DeadLetter[]> {
  const { kafka } = await loadConfig(process.env, { need: ['kafka'] });
  const letters = await readDeadLetters(kafka, (message) => context.warn(message));
  return selectLetters(letters, { positions, reason, projection });
}

function requireAll(positions: readonly string[], letters: readonly DeadLetter[]): void {
  const found = new Set(letters.flatMap((letter) => [positionOf(letter), deadLetterKey(letter)]));
  const missing = positions.filter((one) => !found.has(one));
  if (missing.length > 0) {
    throw new MetafoldError('MF_INPUT', `no dead letter at ${missing.join(', ')}, expected positions as \`dead-letters list\` prints them`);
  }
}

async function replay(letters: readonly DeadLetter[], context: CommandContext): Promise<ReplayedLetter[]> {
  if (letters.length === 0) return [];
  const config = await loadConfig(process.env, { need: ['kafka', 'opensearch', 'security'] });
  const log = context.logger('warn');
  const client = createOpenSearchClient(config.opensearch);
  const registry = config.registryUrl === undefined ? undefined : createRegistry({ url: config.registryUrl });
  const parking = await openParking({ ...config.kafka, log });
  try {
    const active = await readSeen(client, config.partition);
    const decoder = createDecoder({ registry });
    return await replayLetters(letters, {
      client,
      decoder,
      tables: await readLogTables(config.kafka, decoder),
      parking,
      settings: workerSettings(config, activeTargets(config.partition, active)),
      log,
      signal: context.signal,
      onProgress: (done) => context.progress.report('replay', done, letters.length),
    });
  } finally {
    await parking.close();
    await client.close();
  }
}

function replayOutcome(replayed: readonly ReplayedLetter[]): CommandOutcome {
  const items = replayed.map(({ letter, outcome }) => {
    const again = outcome.kind === 'failed' ? { class: outcome.refusalClass, reason: outcome.reason } : {};
    const documents = outcome.kind === 'folded' ? { documents: outcome.documents } : {};
    return { projection: letter.projection, position: positionOf(letter), outcome: outcome.kind, ...documents, ...again };
  });
  const failures = items.filter(({ outcome }) => outcome === 'failed').length;
  const text = `${items.length - failures} folded or done with, ${failures} failed again`;
  if (failures === 0) return { result: { items, failed: 0 }, text };
  return {
    result: { items, failed: failures },
    text: [text, ...items.filter(({ outcome }) => outcome === 'failed').map((item) => JSON.stringify(item))].join('\n'),
    exitCode: 4,
    error: new MetafoldError('MF_PARTIAL', `${failures} of ${items.length} letters failed again`),
  };
}

function listed(letter: DeadLetter): object {
  const { projection, topic, partition, offset, recordKey, refusalClass, reason, timeMs } = letter;
  return {
    projection,
    topic,
    partition,
    offset,
    key: recordKey ?? null,
    class: refusalClass,
    reason,
    time: new Date(timeMs).toISOString(),
  };
}

function line(letter: DeadLetter): string {
  return `${new Date(letter.timeMs).toISOString()}  ${letter.projection.padEnd(8)}  ${positionOf(letter)}  ${letter.refusalClass}: ${letter.reason}`;
}

function shown(letter: DeadLetter): object {
  const { generation, eventKeys, insertKeys, value } = letter;
  const event = value === undefined ? undefined : decodedEvent(letter.topic, value);
  return {
    ...listed(letter),
    generation,
    event_keys: eventKeys,
    insert_keys: insertKeys,
    bytes: value?.length ?? null,
    value_base64: value?.toString('base64') ?? null,
    event: event ?? null,
  };
}

/** The event in its JSON form, if the bytes are one. Numbers past 2^53 are shown rounded; the bytes are exact. */
function decodedEvent(topic: string, value: Buffer): unknown {
  const model = modelOfTopic(topic);
  if (model === undefined) return undefined;
  const outcome = createDecoder().decode(model, value);
  return outcome.kind === 'event' ? (JSON.parse(eventToJson(model, outcome.event)) as unknown) : undefined;
}
