import type { Command } from 'commander';
import { createDecoder } from '../../streams/decode.js';
import { createRecordFetcher } from '../../streams/fetch.js';
import { createGroupLagReader } from '../../streams/group-lag.js';
import { createRegistry } from '../../streams/registry.js';
import { Family, TableHolder } from '../compare/family.js';
import { readLogTables } from '../tables/log-tables.js';
import { loadConfig } from '../config/index.js';
import { explainDocuments, targetOf } from '../explain/documents.js';
import { searchLog } from '../explain/log.js';
import { explanation } from '../explain/text.js';
import type { LoggedEvent } from '../explain/types.js';
import { activeTargets, readSeen } from '../generations/active.js';
import { FAMILIES } from '../generations/families.js';
import { checkOpenSearch, createOpenSearchClient } from '../opensearch/client.js';
import { workerSettings } from '../worker/settings.js';
import { operationError } from './operation-error.js';
import { Pace } from './pace.js';
import { baseCommand, runCommand, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

interface ExplainOptions extends CommonOptions {
  readonly log?: boolean;
}

/** `metafold explain` (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(
    name,
    'the events behind the documents of a binary, or behind one document: key, position, time, author; which wins, which are deleted and by what, ' +
      'which are no longer in the log',
    [
      'metafold explain 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      'metafold explain 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --log',
      'metafold explain 20e9bc5b17564646811df3c53d0153e9 --json',
    ],
  )
    .argument('<sha256|id>', 'of a binary, or of a document')
    .option('--log', 'read the whole log as well, for events that no document knows: deleted, expired, refused, replaced')
    .action((text: string, options: ExplainOptions) => runCommand(name, options, (context) => run(text, options, context)));
}

async function run(text: string, options: ExplainOptions, context: CommandContext): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need: ['kafka', 'opensearch', 'security'] });
  for (const warning of config.warnings) context.warn(warning);
  const { kafka, partition, registryUrl } = config;
  const { signal } = context;
  const log = context.logger('warn');
  const client = createOpenSearchClient(config.opensearch);
  const reader = createGroupLagReader(kafka.brokers, kafka.client);
  const fetcher = createRecordFetcher(kafka.brokers, kafka.client, `metafold-explain-${process.pid}`);
  try {
    await checkOpenSearch(client);
    const decoder = createDecoder({ registry: registryUrl === undefined ? undefined : createRegistry({ url: registryUrl }) });
    const settings = workerSettings(config, activeTargets(partition, await readSeen(client, partition)));
    const tables = new TableHolder(await readLogTables(kafka, decoder));
    const now = BigInt(Date.now()) * 1000n;
    const families = FAMILIES.map((docname) => new Family(docname, { settings, decoder, tables, reader, now, log, signal }));
    const target = targetOf(text);
    const { documents, more } = await explainDocuments(target, { client, partition, families, fetcher, log, signal });
    if (more) context.warn(`there are more documents: the first ${documents.length} are told of`);
    let events: LoggedEvent[] | undefined;
    if (options.log === true) {
      events = [];
      for (const family of families.filter((one) => one.parents || target.sha256 === undefined)) {
        const pace = new Pace();
        const onProgress = (done: number, total: number): void =>
          context.progress.report(`log of ${family.docname}`, done, total, pace.observe(Date.now(), done, total));
        const logReader = { brokers: kafka.brokers, client: kafka.client, signal };
        events.push(...(await searchLog(target, family, { decoder, logReader, onProgress })));
      }
    }
    const result = { target: text, documents, events: events ?? null };
    return { result, text: explanation(documents, events) };
  } catch (error) {
    throw operationError(error, 'explain');
  } finally {
    reader.close();
    await fetcher.close();
    await client.close();
  }
}
