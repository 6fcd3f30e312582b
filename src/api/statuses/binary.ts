/** The processing of one binary by all plugins: what they told, and what a dispatcher expects of them (spec 04 §6.9). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { Registration } from '../plugin-model.js';
import { authorOf } from '../plugins/entity.js';
import type { Consumer } from './simulate.js';
import { rowKey, type StatusEvent } from './status-event.js';

const HEARTBEAT_LOST_MS = 120_000;

/** What a dispatcher says of an event. */
export interface Simulation {
  /** The event's, as the ISO form with `+00:00`. */
  readonly timestamp: string;
  readonly consumers: readonly Consumer[];
}

export interface BinaryStatusParts {
  readonly sha256: string;
  /** Those that the caller may read. */
  readonly registrations: readonly Registration[];
  readonly simulation: Simulation | undefined;
  readonly found: readonly StatusEvent[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Rows by lower-cased author name; a status that was told takes the place of what is expected. */
export function binaryStatuses({ sha256, registrations, simulation, found, now }: BinaryStatusParts): readonly StatusEvent[] {
  const rows = new Map<string, StatusEvent>();
  for (const event of expected(sha256, registrations, simulation)) rows.set(keyOf(event), event);
  for (const event of found) rows.set(keyOf(event), event);
  return [...rows.values()].map((event) => withLostHeartbeat(event, now)).sort(byAuthor);
}

function keyOf({ author: { name, version } }: StatusEvent): string {
  return rowKey(name, version);
}

/** Consumers that are not registered, or not for this caller, are left out. */
function expected(sha256: string, registrations: readonly Registration[], simulation: Simulation | undefined): readonly StatusEvent[] {
  if (simulation === undefined) return [];
  // Newest first, so that the newest of a key is kept.
  const registered = new Map(registrations.toReversed().map((one) => [rowKey(one.author.name, one.author.version), one]));
  return simulation.consumers.flatMap((consumer) => {
    const registration = registered.get(rowKey(consumer.name, consumer.version));
    if (registration === undefined) return [];
    return {
      timestamp: simulation.timestamp,
      author: authorOf(registration.author),
      entity: {
        status: consumer.filter_out ? 'prefiltered' : 'queued',
        message: consumer.filter_out_trigger,
        runtime: 0,
        input: { entity: { sha256 } },
      },
      completed: 0,
      security: registration.security,
    };
  });
}

function withLostHeartbeat(event: StatusEvent, now: number): StatusEvent {
  if (event.entity.status !== 'heartbeat' || Date.parse(event.timestamp) >= now - HEARTBEAT_LOST_MS) return event;
  return { ...event, entity: { ...event.entity, status: 'heartbeat-lost', error: 'more than 2 minutes after last heartbeat' } };
}

function byAuthor({ author: a }: StatusEvent, { author: b }: StatusEvent): number {
  return (
    compareCodePoints(a.name.toLowerCase(), b.name.toLowerCase()) ||
    compareCodePoints(a.name, b.name) ||
    compareCodePoints(a.version ?? '', b.version ?? '')
  );
}
