/** Which indices an export reads: those behind the read alias, which are the active generation's. */
import { errors, type Client } from '@opensearch-project/opensearch';
import { compareCodePoints } from '../../projections/code-points.js';
import { withoutGeneration } from '../../projections/generations.js';
import { readAlias, type Docname } from '../../projections/index-names.js';
import { openSearchError } from '../opensearch/client.js';

export interface ExportedIndex {
  readonly index: string;
  /** The index name without the generation in it. */
  readonly name: string;
}

/** Indices behind the alias of a docname, in code-point order of their exported names; undefined when there is no such alias. */
export async function indicesOf(client: Client, partition: string, docname: Docname): Promise<ExportedIndex[] | undefined> {
  const alias = readAlias(partition, docname);
  try {
    const { body } = await client.indices.getAlias({ name: alias });
    return Object.keys(body)
      .map((index) => ({ index, name: withoutGeneration(index, partition) }))
      .sort((a, b) => compareCodePoints(a.name, b.name) || compareCodePoints(a.index, b.index));
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 404) return undefined;
    throw openSearchError(error, `alias ${alias}`);
  }
}
