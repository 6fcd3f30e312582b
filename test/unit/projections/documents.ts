/** Documents with all their contributions, in memory, and their comparison with the model's. */
import { parentDocument } from '../../../projections/binary/parent.js';
import { identityKey, mergeContributions, singleContribution, type ContributionSet } from '../../../projections/contribution.js';
import { documentJson } from '../../../projections/json.js';
import type { Contribution, DocumentWrite } from '../../../projections/types.js';
import type { Claim, ModelDocument } from '../../helpers/model.js';
import { SETTINGS } from './support.js';

const MAX = 1000;

const nameOf = ({ index, id }: { readonly index: string; readonly id: string }): string => `${index} ${id}`;
const versionOf = (c: Contribution): string => `${identityKey(c)} ${c.offset} ${c.insertOffsets.join()}`;

/** What a cluster holds: of each document its contributions, and all bodies that came. */
export class Documents {
  readonly sets = new Map<string, ContributionSet>();
  readonly writes = new Map<string, DocumentWrite>();

  take(write: DocumentWrite): void {
    this.writes.set(`${nameOf(write)} ${versionOf(write.contribution)}`, write);
    this.merge(nameOf(write), singleContribution(write.contribution));
  }

  merge(name: string, set: ContributionSet): void {
    const known = this.sets.get(name);
    this.sets.set(name, known === undefined ? set : mergeContributions(MAX, known, set));
  }

  absorb(other: Documents): void {
    for (const [name, set] of other.sets) this.merge(name, set);
    for (const [name, write] of other.writes) this.writes.set(name, write);
  }

  /** The contributions of all documents of a binary. */
  routedTo(sha256: string): Contribution[] {
    const routings = new Map([...this.writes.values()].map((write) => [nameOf(write), write.routing]));
    return [...this.sets].filter(([name]) => routings.get(name) === sha256).flatMap(([, { contributions }]) => contributions);
  }

  remove(goes: (contribution: Contribution) => boolean): void {
    for (const [name, set] of this.sets) {
      const contributions = set.contributions.filter((contribution) => !goes(contribution));
      if (contributions.length === 0) this.sets.delete(name);
      else this.sets.set(name, { ...set, contributions });
    }
  }

  /** Each document as text: who claims it, the winner first, and what it shows. */
  described(): Map<string, string> {
    const described = new Map<string, string>();
    for (const [name, { contributions }] of this.sets) {
      const { body, routing } = this.writes.get(`${name} ${versionOf(contributions[0]!)}`)!;
      described.set(name, [...contributions.map(describeContribution), documentJson(body)].join('\n'));
      if (routing === undefined) continue;
      const parent = parentDocument(SETTINGS.partition, routing);
      described.set(nameOf(parent), documentJson(parent.body));
    }
    return sorted(described);
  }
}

function sorted(map: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describeContribution(c: Contribution): string {
  const inserts = c.insertKeys.map((key, i) => `${key}@${c.insertOffsets[i]!}`);
  return `${c.topic}/${c.partition}/${c.offset} ${c.recordKey} ${c.eventKey} ${c.timestamp} ${c.recordTimestamp} ${inserts.join('+')}`;
}

function describeClaim({ record, event, recordTimestamp, inserts }: Claim): string {
  const applied = inserts.map(({ key, offset }) => `${key}@${offset}`);
  return `${record.topic}/${record.partition}/${record.offset} ${record.key} ${event.kafka_key} ${event.timestamp} ${recordTimestamp} ${applied.join('+')}`;
}

/** The model's documents in the same form. */
export function describedModel(documents: ReadonlyMap<string, ModelDocument>): Map<string, string> {
  return sorted(new Map([...documents].map(([name, { claims, source }]) => [name, [...claims.map(describeClaim), source].join('\n')])));
}
