import type { Command } from 'commander';
import { loadConfig } from '../config/index.js';
import { activeTargets, readSeen } from '../generations/active.js';
import { MetafoldError } from '../errors.js';
import { checkOpenSearch, createOpenSearchClient, openSearchError } from '../opensearch/client.js';
import { compareTemplates, type TemplateComparison } from '../opensearch/template-diff.js';
import { ensureTemplates, type TemplateOutcome } from '../opensearch/templates.js';
import { configuredTemplates } from '../opensearch/template-settings.js';
import { baseCommand, runCommand, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

interface UpdateOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

function textOf(templates: readonly (TemplateOutcome & { added_fields: readonly string[] })[]): string {
  return templates
    .map(
      ({ name, outcome, added_fields }) =>
        `${outcome.padEnd(10)} ${name}${added_fields.map((field) => `\n           + ${field}`).join('')}`,
    )
    .join('\n');
}

async function run(options: UpdateOptions, context: CommandContext): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need: ['opensearch'] });
  for (const warning of config.warnings) context.warn(warning);
  const client = createOpenSearchClient(config.opensearch);
  const dryRun = options.dryRun ?? false;
  try {
    await checkOpenSearch(client);
    const active = await readSeen(client, config.partition);
    const { templates: wanted, elasticSources } = configuredTemplates(config, activeTargets(config.partition, active));
    const compared: TemplateComparison[] = await compareTemplates(client, wanted, elasticSources);
    const added = new Map(compared.map(({ name, addedFields }) => [name, addedFields]));
    const outcomes = dryRun ? compared : await ensureTemplates(client, wanted, elasticSources, context.logger(config.logLevel), true);
    const templates = outcomes.map(({ name, outcome }) => ({ name, outcome, added_fields: added.get(name) ?? [] }));
    return { result: { templates }, text: textOf(templates), dryRun };
  } catch (error) {
    throw error instanceof MetafoldError ? error : openSearchError(error, 'templates');
  } finally {
    await client.close();
  }
}

/** `metafold force-update-templates`: templates, mappings and base indices as this version has them (spec 06 §2.2). */
export function createCommand(name: string): Command {
  return baseCommand(
    name,
    'write index templates of the active generation, put their mappings on existing indices, create the base indices; only ever adds fields',
    ['metafold force-update-templates --dry-run', 'metafold force-update-templates --json'],
  )
    .option('--dry-run', 'only show what would be created or updated')
    .action((options: UpdateOptions) => runCommand(name, options, (context) => run(options, context)));
}
