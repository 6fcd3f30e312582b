/** Takes a generation away for good: templates, indices, groups. Done again after a crash it does the rest. */
import type { Client } from '@opensearch-project/opensearch';
import { generationPartition } from '../../projections/generations.js';
import type { Docname } from '../../projections/index-names.js';
import type { GroupAdmin } from '../../streams/group-admin.js';
import { MetafoldError } from '../errors.js';
import { openSearchRequest } from '../opensearch/request.js';
import { isGroupOf } from '../worker/binding.js';
import { droppedRecord, generationRecord } from './control-record.js';
import type { ControlTopic } from './control-topic.js';
import { projectionsOf } from './families.js';
import { readIndices, readSizes, readTemplates } from './indices.js';

/** What of a generation there is to take away. */
export interface Droppable {
  readonly docname: Docname;
  readonly generation: string;
  readonly indices: readonly string[];
  readonly documents: number;
  readonly bytes: number;
  readonly templates: readonly string[];
  readonly groups: readonly string[];
}

export interface DropDependencies {
  readonly client: Client;
  readonly control: ControlTopic;
  readonly groups: GroupAdmin;
  /** Base partition. */
  readonly partition: string;
}

export async function findDroppable(
  docname: Docname,
  generation: number,
  { client, groups, partition }: DropDependencies,
): Promise<Droppable> {
  const name = generationPartition(partition, generation);
  const indices = (await readIndices(client, partition, docname)).filter((one) => one.generation === generation).map(({ index }) => index);
  const sizes = await readSizes(client, partition, docname);
  const templates = (await readTemplates(client, partition, docname)).filter((one) => one.generation === generation);
  const own = projectionsOf([docname]);
  const sum = (of: 'documents' | 'bytes'): number => indices.reduce((total, index) => total + (sizes.get(index)?.[of] ?? 0), 0);
  return {
    docname,
    generation: name,
    indices,
    documents: sum('documents'),
    bytes: sum('bytes'),
    templates: templates.map((template) => template.name),
    groups: (await groups.listGroups()).filter((group) => own.some((projection) => isGroupOf(group, name, projection.name))),
  };
}

/** Throws MF_GENERATION while workers fold into it: they would bring it back. */
export async function assertUnfolded({ generation, groups: own }: Droppable, { groups }: DropDependencies): Promise<void> {
  const folded = [...(await groups.memberCounts(own))].filter(([, members]) => members > 0).map(([group]) => group);
  if (folded.length === 0) return;
  const message = `generation ${generation} is still folded (${folded.join(', ')}): stop the workers, or wait until they have followed the active one`;
  throw new MetafoldError('MF_GENERATION', message, { generation, groups: folded });
}

export async function dropGeneration(found: Droppable, generation: number, deps: DropDependencies): Promise<void> {
  const { client, control, groups, partition } = deps;
  const { docname } = found;
  const known = control.state.generations(docname).find((one) => one.generation === generation);
  const created = known?.created ?? new Date().toISOString();
  // From here on it can't be resumed or activated: its groups and its indices no longer belong together.
  await control.write([generationRecord(partition, { docname, generation, state: 'dropping', created })]);
  await groups.deleteGroups(found.groups);
  for (const name of found.templates) {
    await openSearchRequest(client, 'DELETE', `/_template/${encodeURIComponent(name)}`, { accept: [404] });
  }
  for (const index of found.indices) await openSearchRequest(client, 'DELETE', `/${encodeURIComponent(index)}`, { accept: [404] });
  await control.write([droppedRecord(partition, docname, generation)]);
}
