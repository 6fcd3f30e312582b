/** Which generation is active, and whoever finds the read aliases otherwise completes the swap (spec 00 "Generations"). */
import type { Client } from '@opensearch-project/opensearch';
import { FIRST_GENERATION, generationPartition } from '../../projections/generations.js';
import { DOCNAMES, type Docname } from '../../projections/index-names.js';
import type { TemplateTarget } from '../opensearch/template-settings.js';
import { generationRecord, type ControlState } from './control-record.js';
import type { ControlTopic } from './control-topic.js';
import { readIndices } from './indices.js';
import { swapAlias } from './swap.js';

/** By docname, all of them. */
export type ActiveGenerations = ReadonlyMap<Docname, number>;

/**
 * The active generation of each docname: the one that the control topic names; without a record there, the one that readers see; else the
 * first. (A control topic that was lost must not send readers back to a generation that may be gone.)
 */
export async function readActive(client: Client, partition: string, state: ControlState): Promise<ActiveGenerations> {
  const active = new Map<Docname, number>();
  for (const docname of DOCNAMES) active.set(docname, state.active(docname) ?? (await seenGeneration(client, partition, docname)));
  return active;
}

/** The same by the aliases alone, for commands that do without Kafka. */
export async function readSeen(client: Client, partition: string): Promise<ActiveGenerations> {
  const seen = new Map<Docname, number>();
  for (const docname of DOCNAMES) seen.set(docname, await seenGeneration(client, partition, docname));
  return seen;
}

async function seenGeneration(client: Client, partition: string, docname: Docname): Promise<number> {
  const seen = new Set(
    (await readIndices(client, partition, docname)).filter(({ aliased }) => aliased).map(({ generation }) => generation),
  );
  const [only = FIRST_GENERATION] = seen;
  return seen.size > 1 ? FIRST_GENERATION : only;
}

/** The active generations as what templates are made for. */
export function activeTargets(partition: string, active: ActiveGenerations): ReadonlyMap<Docname, TemplateTarget> {
  return new Map(
    [...active].map(([docname, generation]) => [
      docname,
      { partition: generationPartition(partition, generation), active: true, filling: false },
    ]),
  );
}

/**
 * Brings the read aliases to what the control topic says, for docnames of which it says anything. Answers the docnames whose aliases had to
 * be changed: their swap had been left undone.
 */
export async function completeSwaps(client: Client, partition: string, control: ControlTopic): Promise<Docname[]> {
  const completed: Docname[] = [];
  for (const docname of DOCNAMES) {
    let swapped: number | undefined;
    for (let generation = control.state.active(docname); generation !== undefined; generation = control.state.active(docname)) {
      // Another generation may have been made active meanwhile: its swap may have come before this one.
      if (generation === swapped) break;
      if (await swapAlias(client, partition, docname, generation)) completed.push(docname);
      swapped = generation;
      await control.catchUp();
    }
    const record = control.state.generations(docname).find((one) => one.generation === swapped);
    if (record?.state === 'filling') await control.write([generationRecord(partition, { ...record, state: 'complete' })]);
  }
  return [...new Set(completed)];
}
