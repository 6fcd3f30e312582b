/** Binary events that collide: few paths, authors, submissions and instants. Part of arbitrary-history.ts. */
import fc from 'fast-check';
import type { BinaryEvent, EventAuthor, EventSource, EventSourcePathNode, Micros, StringMap } from '../../schemas/events.js';
import { binaryKey, trackingFields } from '../../schemas/identity.js';
import { parseTime } from '../../schemas/time.js';
import { author, binaryEvent, feature, node, stream } from '../unit/projections/binary/events.js';

const START = parseTime('2026-03-01T00:00:00Z');

/** Times of events: some equal, some a microsecond apart. */
export const TIMES: readonly Micros[] = [START, START + 1n, START + 1_000_000n, START + 60_000_000n];
/** The first two differ in no key and in no link; the third has expired where anything expires. */
const SOURCE_TIMES: readonly Micros[] = [START, START + 1n, parseTime('1990-01-01T00:00:00Z'), START + 5_000_000n];
export const NODE_TIMES: readonly Micros[] = [START, START + 250_000n];

export const BINARIES = ['aa01', 'bb02', 'cc03', 'AA01'] as const;
export const AUTHORS = {
  bob: author({ name: 'bob', category: 'user', version: undefined }),
  unzip: author({ name: 'unzip', category: 'plugin', version: '1' }),
  meta: author({ name: 'meta', category: 'plugin', version: '1' }),
} as const;

/** An author of one of several histories that share a log, see `HistoryOptions.world`. */
export function authorIn(world: string, name: keyof typeof AUTHORS): EventAuthor {
  return { ...AUTHORS[name], name: `${name}${world}` };
}

type Step = readonly [sha256: string, action: string, by: keyof typeof AUTHORS];

const SOURCED: Step = ['aa01', 'sourced', 'bob'];
const EXTRACTED: Step = ['bb02', 'extracted', 'unzip'];
/** `n` nodes, no two neighbours of one binary. */
const deep = (n: number): Step[] =>
  Array.from({ length: n }, (_, i) => (i === 0 ? SOURCED : i % 2 === 1 ? EXTRACTED : ['aa01', 'extracted', 'unzip']));

/** The first ones twice: they are what inserts hang from, and two of them differ in an ancestor that is in no key of a grandchild. */
const PATHS: readonly (readonly Step[])[] = [
  [SOURCED],
  [SOURCED, EXTRACTED],
  [['cc03', 'sourced', 'bob'], EXTRACTED],
  [SOURCED],
  [SOURCED, EXTRACTED],
  [['bb02', 'sourced', 'bob']],
  [['cc03', 'sourced', 'bob'], EXTRACTED],
  [SOURCED, EXTRACTED, ['aa01', 'extracted', 'unzip']],
  [SOURCED, ['aa01', 'enriched', 'meta']],
  [SOURCED, EXTRACTED, ['bb02', 'enriched', 'meta']],
  [SOURCED, ['aa01', 'augmented', 'meta']],
  [['aa01', 'augmented', 'meta']],
  [SOURCED, ['cc03', 'mapped', 'meta']],
  [['AA01', 'sourced', 'bob']],
  deep(11),
  deep(12),
];

/** What is out of the ordinary with an event; most have nothing. */
const QUIRKS = ['', 'refused', 'nowhere', 'untracked', 'keyless', 'odd key', 'offset', 'upper case'] as const;

export interface BinaryDraw {
  readonly path: number;
  readonly version: number;
  readonly label: number;
  readonly source: number;
  readonly references: number;
  readonly sourceTime: number;
  readonly settings: number;
  readonly nodeTime: number;
  readonly time: number;
  readonly quirk: number;
}

/** An index of a list. */
export const index = (list: readonly unknown[]): fc.Arbitrary<number> => fc.nat({ max: list.length - 1 });
/** Mostly the first of a list, so that events meet in what else they have. */
export const mostlyFirst = (list: readonly unknown[]): fc.Arbitrary<number> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: index(list) });

const SOURCES = ['s1', 's2'] as const;
const LABELS = [undefined, 'LOW', 'MEDIUM'] as const;
const REFERENCES = [undefined, { ref1: 'x' }, { ref2: 'y', ref1: 'x' }] as const;
const SETTINGS = [undefined, { a: 'b' }, { remove_at_depth: '3' }] as const;

export const arbitraryBinary: fc.Arbitrary<BinaryDraw> = fc.record({
  path: index(PATHS),
  version: fc.nat({ max: 1 }),
  label: mostlyFirst(LABELS),
  source: mostlyFirst(SOURCES),
  references: mostlyFirst(REFERENCES),
  sourceTime: mostlyFirst(SOURCE_TIMES),
  settings: mostlyFirst(SETTINGS),
  nodeTime: mostlyFirst(NODE_TIMES),
  time: index(TIMES),
  quirk: mostlyFirst(QUIRKS),
});

/** As the decoder makes them. */
export function stringMap(members: Readonly<Record<string, string>> | undefined): StringMap | undefined {
  return members && Object.assign(Object.create(null) as StringMap, members);
}

function pathOf(draw: BinaryDraw, world: string): EventSourcePathNode[] {
  const nodes = PATHS[draw.path]!.map(([sha256, action, by]) =>
    node({ sha256: `${sha256}${world}`, action, author: authorIn(world, by), timestamp: NODE_TIMES[0]! }),
  );
  const last = nodes.at(-1)!;
  // A plugin of a later version looks again: same key, same document.
  const version = last.author.version && String(draw.version + 1);
  nodes[nodes.length - 1] = { ...last, author: { ...last.author, version }, timestamp: NODE_TIMES[draw.nodeTime]! };
  return nodes;
}

const STREAMS: Readonly<Record<string, readonly string[]>> = { enriched: [], mapped: ['text'], augmented: ['content', 'text'] };

/** Streams that an action has to have. */
export function streamsFor(action: string, sha256: string): BinaryEvent['entity']['datastreams'] {
  return (STREAMS[action] ?? ['content']).map((label) => stream({ label, sha256 }));
}

function withQuirk(event: BinaryEvent, quirk: (typeof QUIRKS)[number], world: string): BinaryEvent {
  switch (quirk) {
    case 'refused':
      return { ...event, author: { ...event.author, category: undefined } };
    case 'nowhere':
      return { ...event, source: { ...event.source, name: 'nowhere' } };
    case 'untracked':
      return { ...event, track_authors: [] };
    case 'keyless':
      return { ...event, kafka_key: '' };
    case 'odd key':
      return { ...event, kafka_key: `odd${world}` };
    case 'offset': // as it was posted with another zone; a derived child has the link in UTC
      return { ...event, track_links: event.track_links.map((link) => link.replace('Z_00', '+10_00')) };
    case 'upper case':
      return { ...event, entity: { ...event.entity, sha256: event.entity.sha256!.toUpperCase() } };
    case '':
      return event;
  }
}

/** What submissions of one world say of it. */
function referencesIn(world: string, references: Readonly<Record<string, string>> | undefined): StringMap | undefined {
  return stringMap(world === '' ? references : { ...references, world });
}

/** The event of a draw; `serial` makes its body unlike any other. */
export function binaryOf(draw: BinaryDraw, serial: number, world: string): BinaryEvent {
  const path = pathOf(draw, world);
  const { sha256, action, author: by } = path.at(-1)!;
  const source: EventSource = {
    name: SOURCES[draw.source]!,
    references: referencesIn(world, REFERENCES[draw.references]),
    security: LABELS[draw.label],
    path,
    timestamp: SOURCE_TIMES[draw.sourceTime]!,
    settings: stringMap(SETTINGS[draw.settings]),
  };
  const event = binaryEvent({
    event: { kafka_key: binaryKey(source), timestamp: TIMES[draw.time]!, author: by, action, ...trackingFields(source) },
    entity: { sha256, features: [feature({ name: 'n', value: `v${serial}` })], datastreams: streamsFor(action, sha256) },
    source,
  });
  return withQuirk(event, QUIRKS[draw.quirk]!, world);
}
