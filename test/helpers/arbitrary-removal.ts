/** Inserts and deletes that hit what a small history holds. Part of arbitrary-history.ts. */
import fc from 'fast-check';
import { ZERO_TIME, type BinaryEvent, type DeleteEvent, type InsertEvent } from '../../schemas/events.js';
import { insertKey, insertTracking } from '../../schemas/identity.js';
import { feature } from '../unit/projections/binary/events.js';
import { deletes, insertEvent } from '../unit/projections/removal/events.js';
import { authorIn, BINARIES, index, mostlyFirst, NODE_TIMES, streamsFor, stringMap, TIMES } from './arbitrary-binary.js';

/** `invalid`: the dispatcher would publish no such child. `refused`: no document can be made of it, its own children are. */
const VARIANTS = ['', 'enriched', 'mapped', 'invalid', 'refused', 'labelled'] as const;

export interface InsertDraw {
  readonly parent: number;
  readonly child: number;
  readonly by: number;
  readonly time: number;
  readonly nodeTime: number;
  readonly variant: number;
}

export const arbitraryInsert: fc.Arbitrary<InsertDraw> = fc.record({
  parent: index(BINARIES),
  child: fc.nat({ max: 2 }),
  by: fc.nat({ max: 1 }),
  time: index(TIMES),
  nodeTime: mostlyFirst(NODE_TIMES),
  variant: mostlyFirst(VARIANTS),
});

/** The insert of a draw: one parent, child and author give one key, so that inserts replace each other. */
export function insertOf(draw: InsertDraw, serial: number, world: string): InsertEvent {
  const variant = VARIANTS[draw.variant]!;
  const sha256 = `${BINARIES[draw.child]!}${world}`;
  const action = variant === 'enriched' || variant === 'mapped' ? variant : 'extracted';
  const person = authorIn(world, draw.by === 0 ? 'bob' : 'unzip');
  const event = insertEvent({
    parent: `${BINARIES[draw.parent]!}${world}`,
    event: { timestamp: TIMES[draw.time]! },
    child: {
      sha256,
      features: [feature({ name: 'n', value: `v${serial}` })],
      datastreams: variant === 'invalid' ? [] : streamsFor(action, sha256),
    },
    history: {
      action,
      author: {
        ...person,
        category: variant === 'refused' ? undefined : person.category,
        security: variant === 'labelled' ? 'MEDIUM' : undefined,
      },
      relationship: stringMap(variant === 'labelled' ? { label: 'x' } : undefined),
      timestamp: NODE_TIMES[draw.nodeTime]!,
    },
  });
  return { ...event, kafka_key: insertKey(event), ...insertTracking(event) };
}

const ACTIONS = ['ids', 'link', 'author', 'submission', 'nothing'] as const;

export interface DeleteDraw {
  readonly action: number;
  /** Which of the events, and what of it. */
  readonly target: number;
  readonly part: number;
  readonly time: number;
}

export const arbitraryDelete: fc.Arbitrary<DeleteDraw> = fc.record({
  action: index(ACTIONS),
  target: fc.nat(),
  part: fc.nat({ max: 20 }),
  time: fc.nat({ max: 3 }),
});

/** The delete of a draw, aimed at one of the events that count without it. */
export function deleteOf(draw: DeleteDraw, events: readonly BinaryEvent[]): DeleteEvent {
  const event = events[draw.target % events.length];
  const pick = <T>(list: readonly T[]): T | undefined => list[draw.part % list.length];
  if (event === undefined) return deletes.ids('nobody');
  switch (ACTIONS[draw.action]!) {
    case 'ids':
      return deletes.ids(event.kafka_key, ...(draw.part === 0 ? [events[draw.time % events.length]!.kafka_key] : []));
    case 'link':
      return deletes.link(pick(event.track_links) ?? 'none');
    case 'author':
      return deletes.author(pick(event.track_authors) ?? 'none', draw.time === 0 ? event.timestamp : TIMES[draw.time]! + 1n);
    case 'submission':
      return deletes.submission(event.track_source_references, draw.time === 0 ? ZERO_TIME : event.source.timestamp);
    case 'nothing':
      return deletes.unknown('purge');
  }
}
