import { Argument, Option, type Command } from 'commander';
import { loadConfig } from '../config/index.js';
import { exportDocuments, EXPORTED_DOCNAMES, type ExportCounts, type ExportedDocname } from '../export/export.js';
import { createLineWriter } from '../export/line-writer.js';
import { checkOpenSearch, createOpenSearchClient } from '../opensearch/client.js';
import { baseCommand, CommandFailure, runCommand, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

interface ExportCommandOptions extends CommonOptions {
  readonly output?: string;
  readonly withFold?: boolean;
  readonly fold?: boolean;
}

async function run(docnames: readonly ExportedDocname[], options: ExportCommandOptions, context: CommandContext): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need: ['opensearch'] });
  for (const warning of config.warnings) context.warn(warning);
  const client = createOpenSearchClient(config.opensearch);
  const counts: ExportCounts = { documents: 0, indices: {} };
  try {
    await checkOpenSearch(client);
    const writer = await createLineWriter(options.output);
    await exportDocuments(
      client,
      {
        partition: config.partition,
        docnames: docnames.length === 0 ? undefined : docnames,
        withFold: options.withFold ?? options.fold ?? false,
        signal: context.signal,
        write: (lines) => writer.write(lines),
        onProgress: (stage, done, total) => context.progress.report(stage, done, total),
      },
      counts,
    );
    await writer.close();
  } catch (error) {
    throw new CommandFailure(error, counts);
  } finally {
    await client.close();
  }
  return { result: { ...counts, output: options.output ?? null }, text: `${counts.documents} documents` };
}

/** `metafold export`: documents as JSON lines, to compare or to look at (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(
    name,
    'print all documents of the active generation as JSON lines {"index","id","routing","source"}, sorted by index and id',
    [
      'metafold export > documents.jsonl',
      'metafold export binary2 --output binaries.jsonl --json',
      'metafold export status plugin --with-fold | head -n 3',
    ],
  )
    .addArgument(new Argument('[docname...]', 'which documents').choices(EXPORTED_DOCNAMES))
    .option('-o, --output <file>', 'write to a file; the result is printed then')
    .option('--with-fold', 'include the field fold, the provenance of each document')
    .addOption(new Option('--fold', 'the same').hideHelp())
    .action((docnames: ExportedDocname[], options: ExportCommandOptions) =>
      runCommand(name, { ...options, output: options.output === undefined ? 'stream' : 'result' }, (context) =>
        run(docnames, options, context),
      ),
    );
}
