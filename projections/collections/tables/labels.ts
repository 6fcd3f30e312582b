/** Who may read a record: its combined label, made as for its document (spec 07 §3 "Security"; 02 §4.4, §5.1, §5.2, §5.4). */
import type { AzulEvent, BinaryEvent, DownloadEvent, EventSource, InsertEvent, PluginEvent, StatusEvent } from '../../../schemas/events.js';
import { normalisedLabel } from '../../labels.js';
import { ownText } from '../../own-text.js';
import { SecurityError } from '../../security/errors.js';
import type { EncodedSecurity, SecurityPolicy } from '../../security/policy.js';
import type { EventTable } from '../types.js';

/** Undefined when a label does not parse or all together have no common reader: nobody may read such a record. */
export function combinedLabel(policy: SecurityPolicy, model: EventTable['model'], event: AzulEvent): EncodedSecurity | undefined {
  const raws = rawLabels(model, event);
  const known = knownOf(policy);
  let place = known.root;
  for (const raw of raws) place = known.behind(place, raw ?? '');
  if (place.label === undefined) place.label = combined(policy, raws) ?? null;
  return place.label ?? undefined;
}

function combined(policy: SecurityPolicy, raws: readonly (string | undefined)[]): EncodedSecurity | undefined {
  try {
    return policy.encode(policy.combine(raws.map((raw) => normalisedLabel(policy, raw))));
  } catch (error) {
    if (error instanceof SecurityError) return undefined;
    throw error;
  }
}

/** Behind one label after the other: what they come to together. */
interface Place {
  readonly next: Map<string, Place>;
  /** Null: nobody's. Undefined: not asked for yet. */
  label: EncodedSecurity | null | undefined;
}

/** Events have few labels, the same ones again and again; finding them one by one is cheaper than a key of all of them. */
class KnownLabels {
  root: Place = { next: new Map(), label: undefined };
  private places = 0;

  behind(place: Place, raw: string): Place {
    let next = place.next.get(raw);
    if (next === undefined) {
      if (++this.places > MAX_PLACES) this.forget();
      place.next.set(ownText(raw), (next = { next: new Map(), label: undefined }));
    }
    return next;
  }

  private forget(): void {
    this.root = { next: new Map(), label: undefined };
    this.places = 0;
  }
}

const MAX_PLACES = 4_096;
const KNOWN = new WeakMap<SecurityPolicy, KnownLabels>();

function knownOf(policy: SecurityPolicy): KnownLabels {
  let known = KNOWN.get(policy);
  if (known === undefined) KNOWN.set(policy, (known = new KnownLabels()));
  return known;
}

/** Labels of the event's parts, each once. */
function rawLabels(model: EventTable['model'], event: AzulEvent): (string | undefined)[] {
  const labels = [event.author.security];
  switch (model) {
    case 'binary':
      addSourceLabels(labels, (event as BinaryEvent).source);
      break;
    case 'status':
      addSourceLabels(labels, (event as StatusEvent).entity.input.source);
      break;
    case 'download':
      addSourceLabels(labels, (event as DownloadEvent).source);
      break;
    case 'plugin':
      add(labels, (event as PluginEvent).entity.security);
      break;
    case 'insert':
      add(labels, (event as InsertEvent).entity.child_history.author.security);
      break;
    case 'delete':
      break;
  }
  return labels;
}

function addSourceLabels(labels: (string | undefined)[], { security, path }: EventSource): void {
  add(labels, security);
  for (const { author } of path) add(labels, author.security);
}

function add(labels: (string | undefined)[], label: string | undefined): void {
  if (!labels.includes(label)) labels.push(label);
}
