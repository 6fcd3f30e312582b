/** `metafold collections verify`: what a collection holds against what the log makes of it. */
import type { Command } from 'commander';
import { compileCollection } from '../../projections/collections/collection.js';
import { GroupFault } from '../../projections/collections/group/index.js';
import { LinqError } from '../../projections/collections/linq/index.js';
import { createDecoder } from '../../streams/decode.js';
import { createRegistry } from '../../streams/registry.js';
import { Catalogue } from '../collections/log/catalogue.js';
import { DeletesLog } from '../collections/log/deletes.js';
import { createRecordReader } from '../collections/log/records.js';
import { verifyCollection, type Difference, type Verification, type VerifyDependencies } from '../collections/verify/index.js';
import { NO_EXPIRY, type Task, type TaskRecord } from '../collections/types.js';
import { MetafoldError } from '../errors.js';
import { chosenTasks, domainCommand, withCollections, type CollectionServices, type DomainOptions } from './collections-services.js';
import { runCommand, wholeNumber, type CommandContext, type CommandOutcome } from './run.js';

interface VerifyOptions extends DomainOptions {
  readonly all?: boolean;
  readonly limit: number;
}

/** Keys that are listed unless told otherwise. */
const LISTED = 1_000;

/** `metafold collections verify` (spec 07 §9). */
export function verifyCommand(): Command {
  return domainCommand(
    'verify',
    'compare the keys of a collection with a fold of the log. Writes nothing; workers may go on. Exit code 4: there are differences',
    ['metafold collections verify seen', 'metafold collections verify seen --json --limit 20', 'metafold collections verify --all'],
  )
    .argument('[id|name]', 'id or name of the collection')
    .option('--all', 'every collection of the domain')
    .option('--limit <n>', 'list at most so many keys of a collection; all are counted', wholeNumber(0, 10_000_000), LISTED)
    .action((idOrName: string | undefined, options: VerifyOptions) =>
      runCommand('collections verify', options, (context) =>
        withCollections(context, options.domain, (services) => run(services, idOrName, options, context)),
      ),
    );
}

interface Verified extends Verification {
  readonly collection: string;
  readonly id: string;
}

async function run(
  services: CollectionServices,
  idOrName: string | undefined,
  { all = false, limit }: VerifyOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const verified = await verifyAll(services, chosenTasks(services, idOrName, all), limit, context);
  const result = all ? { collections: verified } : verified[0]!;
  const text = verified.flatMap(linesOf).join('\n');
  const total = verified.reduce((sum, one) => sum + totalOf(one), 0);
  if (total === 0) return { result, text };
  const wrong = verified.filter((one) => totalOf(one) > 0).map(({ collection }) => collection);
  const error = new MetafoldError('MF_DIFFERENT', `${total} keys of ${wrong.join(', ')} are not what the log makes of them`);
  return { result, text, exitCode: 4, error };
}

async function verifyAll(
  services: CollectionServices,
  chosen: readonly Task[],
  limit: number,
  context: CommandContext,
): Promise<Verified[]> {
  const { config, tasks } = services;
  const { signal } = context;
  const log = context.logger('warn');
  const { kafka, collections: settings, security: policy, registryUrl } = config;
  const decoder = createDecoder({ registry: registryUrl === undefined ? undefined : createRegistry({ url: registryUrl }) });
  const catalogue = new Catalogue(kafka);
  const deletes = new DeletesLog({ kafka, decoder, onNews: () => undefined, log, signal });
  const records = createRecordReader(decoder, { log, signal });
  const verified: Verified[] = [];
  try {
    for (const { record } of chosen) {
      const { id, friendlyName } = record;
      const dependencies = {
        source: { kafka, settings, policy, catalogue, records, now: () => Date.now() },
        ...{ tasks, deletes, signal, limit },
        store: await services.store(),
        onProgress: (looked: number) => context.progress.report(`keys of ${friendlyName} looked at`, looked),
      };
      const found = await verifyOne(record, dependencies);
      verified.push({ collection: friendlyName, id, ...found });
    }
  } finally {
    await deletes.close();
    catalogue.close();
  }
  return verified;
}

/** Throws MF_INPUT for a collection that no worker could fold either. */
async function verifyOne(record: TaskRecord, dependencies: VerifyDependencies): Promise<Verification> {
  try {
    return await verifyCollection(record.id, compileCollection(record), dependencies);
  } catch (error) {
    if (!(error instanceof LinqError) && !(error instanceof GroupFault)) throw error;
    const { friendlyName } = record;
    throw new MetafoldError(
      'MF_INPUT',
      `${friendlyName} can't be folded: ${error.message}`,
      { collection: friendlyName },
      { cause: error },
    );
  }
}

function totalOf({ missing, extra, different }: Verification): number {
  return missing + extra + different;
}

function linesOf(verified: Verified): string[] {
  const { collection, keys, missing, extra, different, differences, behind, rebuildPending } = verified;
  const lines = differences.map(differenceLine);
  const total = totalOf(verified);
  if (total > lines.length) lines.push(`... ${total - lines.length} more`);
  if (behind > 0) lines.push(`${behind} records were not folded for certain`);
  if (rebuildPending) lines.push('a rebuild is due: there are deletes that the keys do not know');
  return [...lines, `${collection}: ${keys} keys, ${missing} missing, ${extra} extra, ${different} different`];
}

function differenceLine({ kind, key, stored, expiry, expected }: Difference): string {
  const parts: string[] = [kind, key];
  if (stored !== null)
    parts.push(`stored ${stored}${expiry === NO_EXPIRY ? ' without expiry' : ` until ${new Date(expiry).toISOString()}`}`);
  if (expected !== null) parts.push(`expected ${expected}`);
  return parts.join('  ');
}
