/** What OpenSearch holds of a docname's generations: indices, their aliases, templates. Read by name, so that nothing that is there is overlooked. */
import type { Client } from '@opensearch-project/opensearch';
import { generationOfIndex, generationOfTemplate } from '../../projections/generations.js';
import { readAlias, type Docname } from '../../projections/index-names.js';
import { openSearchRequest } from '../opensearch/request.js';
import type { StoredTemplate } from '../opensearch/templates.js';

export interface GenerationIndex {
  readonly index: string;
  readonly generation: number;
  /** Whether readers see it. */
  readonly aliased: boolean;
}

export interface GenerationTemplate {
  readonly name: string;
  readonly generation: number;
  readonly stored: StoredTemplate;
}

/** Covers all generations, and some names more: each name found is looked at. */
function widePatterns(basePartition: string, docname: Docname): string {
  return [`azul.o.${basePartition}*.${docname}*`, `azul.x.${basePartition}*.${docname}*`].map(encodeURIComponent).join(',');
}

/** All indices of all generations of a docname. */
export async function readIndices(client: Client, basePartition: string, docname: Docname): Promise<GenerationIndex[]> {
  const alias = readAlias(basePartition, docname);
  const { body } = await openSearchRequest<Record<string, { readonly aliases: Readonly<Record<string, unknown>> }>>(
    client,
    'GET',
    `/${widePatterns(basePartition, docname)}/_alias`,
  );
  return Object.entries(body).flatMap(([index, { aliases }]) => {
    const generation = generationOfIndex(basePartition, docname, index);
    return generation === undefined ? [] : [{ index, generation, aliased: Object.hasOwn(aliases, alias) }];
  });
}

/** All templates of all generations of a docname, those of sources included. */
export async function readTemplates(client: Client, basePartition: string, docname: Docname): Promise<GenerationTemplate[]> {
  const { status, body } = await openSearchRequest<Record<string, StoredTemplate>>(
    client,
    'GET',
    `/_template/${encodeURIComponent(`azul.${basePartition}*`)}`,
    { query: { flat_settings: true }, accept: [404] },
  );
  return Object.entries(status === 404 ? {} : body).flatMap(([name, stored]) => {
    const generation = generationOfTemplate(basePartition, docname, name);
    return generation === undefined ? [] : [{ name, generation, stored }];
  });
}

export interface IndexSize {
  readonly documents: number;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
}

/** Documents and sizes of all indices of a docname, by index. */
export async function readSizes(client: Client, basePartition: string, docname: Docname): Promise<Map<string, IndexSize>> {
  const { body } = await openSearchRequest<Readonly<Record<string, string | null>>[]>(
    client,
    'GET',
    `/_cat/indices/${widePatterns(basePartition, docname)}`,
    { query: { format: 'json', bytes: 'b', h: 'index,docs.count,store.size,creation.date' } },
  );
  const number = (value: string | null | undefined): number => Number(value ?? 0);
  return new Map(
    body.map((row) => [
      row['index']!,
      { documents: number(row['docs.count']), bytes: number(row['store.size']), createdMs: number(row['creation.date']) },
    ]),
  );
}
