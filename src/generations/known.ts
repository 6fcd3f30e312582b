/** What is known of generations, from the control topic and from OpenSearch together. */
import type { Client } from '@opensearch-project/opensearch';
import { generationPartition } from '../../projections/generations.js';
import type { Docname } from '../../projections/index-names.js';
import type { TemplateTarget } from '../opensearch/template-settings.js';
import { readActive } from './active.js';
import type { ControlState } from './control-record.js';
import { FAMILIES } from './families.js';
import { readIndices } from './indices.js';
import type { KnownGenerations } from './plan.js';

export type Known = ReadonlyMap<Docname, KnownGenerations>;

/** Of all families. */
export async function readKnown(client: Client, partition: string, state: ControlState): Promise<Known> {
  const active = await readActive(client, partition, state);
  const known = new Map<Docname, KnownGenerations>();
  for (const docname of FAMILIES) {
    const present = new Set((await readIndices(client, partition, docname)).map(({ generation }) => generation));
    known.set(docname, { active: active.get(docname)!, records: state.generations(docname), present: [...present] });
  }
  return known;
}

/** A generation as what it is folded into: without refresh and replicas while a rebuild fills it. */
export function foldTarget(partition: string, { active, records }: KnownGenerations, generation: number): TemplateTarget {
  const record = records.find((one) => one.generation === generation);
  const isActive = active === generation;
  return {
    partition: generationPartition(partition, generation),
    active: isActive,
    filling: !isActive && record?.state === 'filling',
  };
}

export function foldTargets(partition: string, known: Known, generations: ReadonlyMap<Docname, number>): Map<Docname, TemplateTarget> {
  return new Map([...generations].map(([docname, generation]) => [docname, foldTarget(partition, known.get(docname)!, generation)]));
}
