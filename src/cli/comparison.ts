/** What `verify` and `repair` have in common. */
import { Argument, InvalidArgumentError, type Command } from 'commander';
import type { Docname } from '../../projections/index-names.js';
import { projections } from '../../projections/index.js';
import { createDecoder } from '../../streams/decode.js';
import { createRegistry } from '../../streams/registry.js';
import { compare, type CompareDependencies } from '../compare/compare.js';
import type { FirstLookCounts } from '../compare/first-look.js';
import { Report } from '../compare/report.js';
import { loadConfig, type Config } from '../config/index.js';
import { activeTargets, readSeen } from '../generations/active.js';
import { familiesOf, projectionsOf } from '../generations/families.js';
import { checkOpenSearch, createOpenSearchClient } from '../opensearch/client.js';
import { workerSettings } from '../worker/settings.js';
import { operationError } from './operation-error.js';
import { Pace } from './pace.js';
import { wholeNumber, type CommandContext, type CommonOptions } from './run.js';

export interface ComparisonOptions extends CommonOptions {
  readonly sample?: number;
  readonly limit: number;
}

const LISTED = 1_000;

/** Arguments and options of both. */
export function comparing(command: Command): Command {
  return command
    .addArgument(
      new Argument('[projection...]', 'which ones; status and download share their indices and go together').choices(
        projections.map(({ name }) => name),
      ),
    )
    .option('--limit <n>', 'list at most so many documents; all are counted', wholeNumber(0, 10_000_000), LISTED);
}

/** Option value: a share of all. */
export function fraction(value: string): number {
  const number = /^[0-9.]+(?:e-?[0-9]+)?$/i.test(value) ? Number(value) : Number.NaN;
  if (!(number > 0 && number <= 1)) throw new InvalidArgumentError('expected a fraction above 0, at most 1.');
  return number;
}

function chosenFamilies(names: readonly string[], context: CommandContext): Docname[] {
  const chosen = names.length === 0 ? projections : projections.filter(({ name }) => names.includes(name));
  const docnames = familiesOf(chosen);
  const together = projectionsOf(docnames).filter((projection) => !chosen.includes(projection));
  if (together.length > 0)
    context.warn(`${together.map(({ name }) => name).join(', ')}: looked at as well, because the indices are shared`);
  return docnames;
}

export interface Compared {
  readonly docnames: readonly Docname[];
  readonly report: Report;
  readonly counts: FirstLookCounts;
}

type Tools = Omit<CompareDependencies, 'onDifferences'>;

/** What is done about differences; made for a run, closed after it. */
export interface Handling {
  readonly onDifferences: CompareDependencies['onDifferences'];
  close(): Promise<void>;
}

/** Compares the chosen families. `handle`: what is done about differences besides being reported. */
export async function runComparison(
  names: readonly string[],
  options: ComparisonOptions,
  context: CommandContext,
  handle?: (tools: Tools, config: Config) => Promise<Handling>,
): Promise<Compared> {
  const config = await loadConfig(process.env, { need: ['kafka', 'opensearch', 'security'] });
  for (const warning of config.warnings) context.warn(warning);
  const docnames = chosenFamilies(names, context);
  const report = new Report(options.limit);
  const client = createOpenSearchClient(config.opensearch);
  const pace = new Map<string, Pace>();
  try {
    await checkOpenSearch(client);
    const { kafka, partition, registryUrl } = config;
    const tools: Tools = {
      ...{ client, kafka, partition, signal: context.signal, log: context.logger('warn') },
      settings: workerSettings(config, activeTargets(partition, await readSeen(client, partition))),
      decoder: createDecoder({ registry: registryUrl === undefined ? undefined : createRegistry({ url: registryUrl }) }),
      onProgress(stage, done, total) {
        if (!pace.has(stage)) pace.set(stage, new Pace());
        context.progress.report(stage, done, total, total === null ? undefined : pace.get(stage)!.observe(Date.now(), done, total));
      },
    };
    const handling = await handle?.(tools, config);
    try {
      const counts = await compare(
        { docnames, sample: options.sample ?? 1 },
        {
          ...tools,
          async onDifferences(differences, look) {
            for (const difference of differences) report.add(look.family.docname, difference);
            await handling?.onDifferences(differences, look);
          },
        },
      );
      return { docnames, report, counts };
    } finally {
      await handling?.close();
    }
  } catch (error) {
    throw operationError(error, context.name);
  } finally {
    await client.close();
  }
}

/** What both report. */
export function comparedResult({ docnames, report, counts }: Compared): object {
  const { missing, extra, different, superseded } = report.counts;
  return {
    docnames,
    documents: counts.documents,
    ...{ missing, extra, different, superseded },
    unverifiable: counts.unverifiable,
    differences: report.listed,
    listed: report.listed.length,
  };
}

/** The same in a line. */
export function comparedLine({ report, counts }: Compared): string {
  const { missing, extra, different, superseded } = report.counts;
  const found = `${missing} missing, ${extra} extra, ${different} different, ${superseded} superseded`;
  return `${counts.documents.toLocaleString('en-US')} documents: ${report.total === 0 ? 'equal to the log' : found}; ${counts.unverifiable} unverifiable`;
}
