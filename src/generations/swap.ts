/**
 * Lets readers see another generation (spec 00 "Generations"). Each step can be done again, by anybody, after a crash between any two:
 *
 * 1. the templates of the other generations lose the read alias, so that no new index of theirs gets it;
 * 2. one `_aliases` request takes it from all of their indices and gives it to all of the generation's: readers see either the one or the other;
 * 3. the generation's template gets it;
 * 4. an index that was made between 2 and 3 gets it by going round again, until nothing is left to do.
 */
import type { Client } from '@opensearch-project/opensearch';
import { generationPartition } from '../../projections/generations.js';
import { readAlias, templateName, type Docname } from '../../projections/index-names.js';
import type { Mapping } from '../../projections/mapping.js';
import { MetafoldError } from '../errors.js';
import { openSearchRequest } from '../opensearch/request.js';
import { putTemplate } from '../opensearch/templates.js';
import { readIndices, readTemplates, type GenerationIndex } from './indices.js';

interface AliasOfIndex {
  readonly index: string;
  readonly alias: string;
}

export type AliasAction = { readonly add: AliasOfIndex } | { readonly remove: AliasOfIndex };

/** Each round mends what another process did meanwhile; so many in a row means that two of them want different things. */
const MAX_ROUNDS = 20;

/** What has to change so that exactly the generation's indices have the alias. */
export function aliasActions(indices: readonly GenerationIndex[], generation: number, alias: string): AliasAction[] {
  return indices.flatMap(({ index, generation: other, aliased }): AliasAction[] => {
    if (aliased === (other === generation)) return [];
    return aliased ? [{ remove: { index, alias } }] : [{ add: { index, alias } }];
  });
}

/**
 * Makes one generation of a docname, and no other, the one that readers see. Answers whether anything had to be changed.
 * Throws MF_OPENSEARCH_INDEX when the generation has no index: readers would find nothing.
 */
export async function swapAlias(client: Client, basePartition: string, docname: Docname, generation: number): Promise<boolean> {
  let changed = false;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = await readIndices(client, basePartition, docname);
    if (!before.some((index) => index.generation === generation)) {
      const name = generationPartition(basePartition, generation);
      throw new MetafoldError('MF_OPENSEARCH_INDEX', `generation ${name} has no index of ${docname}`, { generation: name, docname });
    }
    changed = (await setTemplateAliases(client, basePartition, docname, (one) => one !== generation, false)) || changed;
    changed = (await changeAliases(client, basePartition, docname, generation)) || changed;
    changed = (await setTemplateAliases(client, basePartition, docname, (one) => one === generation, true)) || changed;
    const after = await readIndices(client, basePartition, docname);
    if (aliasActions(after, generation, readAlias(basePartition, docname)).length === 0) return changed;
  }
  throw new MetafoldError('MF_OPENSEARCH', `alias ${readAlias(basePartition, docname)} is changed by somebody else all the time`);
}

/** False when nothing had to be changed. */
async function changeAliases(client: Client, basePartition: string, docname: Docname, generation: number): Promise<boolean> {
  const actions = aliasActions(await readIndices(client, basePartition, docname), generation, readAlias(basePartition, docname));
  if (actions.length === 0) return false;
  // 404: an index or alias went away since it was read; the next round sees what is left.
  await openSearchRequest(client, 'POST', '/_aliases', { body: { actions }, accept: [404] });
  return true;
}

/** Gives the alias to the docname's templates of some generations, or takes it from them; all else in them stays. */
async function setTemplateAliases(
  client: Client,
  basePartition: string,
  docname: Docname,
  which: (generation: number) => boolean,
  wanted: boolean,
): Promise<boolean> {
  const alias = readAlias(basePartition, docname);
  let changed = false;
  for (const { name, generation, stored } of await readTemplates(client, basePartition, docname)) {
    if (!which(generation) || name !== templateName(generationPartition(basePartition, generation), docname)) continue;
    if (Object.hasOwn(stored.aliases ?? {}, alias) === wanted) continue;
    await putTemplate(client, { name, body: { ...stored, aliases: wanted ? { [alias]: {} } : {} } as unknown as Mapping });
    changed = true;
  }
  return changed;
}
