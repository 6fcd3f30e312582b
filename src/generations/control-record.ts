/**
 * The control topic's records on generations (spec 00 "Generations"; 01 §1): what is known of each, and which one is active. JSON, keyed
 * so that the last record of a key says all that counts of it:
 *
 * | key                                      | value                                          | tombstone             |
 * | ---------------------------------------- | ---------------------------------------------- | --------------------- |
 * | `active/<partition>/<docname>`           | `{"generation":2,"time":"…"}`                  | the first one is      |
 * | `generation/<partition>/<docname>/<n>`   | `{"state":"filling","created":"…"}`            | dropped               |
 *
 * `<partition>` is the base partition: several may fold one topic prefix. The first word is the record's kind; other kinds are other
 * people's and pass unread. Generations are per docname, not per projection, since `status` and `download` write the same indices.
 */
import { DOCNAMES, type Docname } from '../../projections/index-names.js';

/** filling: a rebuild is under way; complete: it had once caught up with the log; dropping: not to be used any more. */
export type GenerationState = 'filling' | 'complete' | 'dropping';

export interface GenerationRecord {
  readonly docname: Docname;
  readonly generation: number;
  readonly state: GenerationState;
  /** When its rebuild began, RFC 3339. */
  readonly created: string;
}

export interface ControlRecord {
  readonly key: string;
  /** Null is a tombstone. */
  readonly value: string | null;
}

const STATES: readonly string[] = ['filling', 'complete', 'dropping'] satisfies GenerationState[];

export function activeRecord(partition: string, docname: Docname, generation: number, time: string): ControlRecord {
  return { key: `active/${partition}/${docname}`, value: JSON.stringify({ generation, time }) };
}

export function generationRecord(partition: string, { docname, generation, state, created }: GenerationRecord): ControlRecord {
  return { key: generationKey(partition, docname, generation), value: JSON.stringify({ state, created }) };
}

export function droppedRecord(partition: string, docname: Docname, generation: number): ControlRecord {
  return { key: generationKey(partition, docname, generation), value: null };
}

function generationKey(partition: string, docname: Docname, generation: number): string {
  return `generation/${partition}/${docname}/${generation}`;
}

/** What the control topic says of one base partition, as far as it was read. */
export class ControlState {
  private readonly actives = new Map<Docname, number>();
  private readonly records = new Map<string, GenerationRecord>();

  constructor(private readonly partition: string) {}

  /** Takes one record in. A record of another partition or kind is passed over; throws for one of ours that makes no sense. */
  apply({ key, value }: ControlRecord): void {
    const [kind, partition, docname, number] = key.split('/');
    if (partition !== this.partition || !isDocname(docname)) return;
    if (kind === 'active' && number === undefined) this.applyActive(docname, value, key);
    else if (kind === 'generation' && number !== undefined) this.applyGeneration(docname, Number(number), value, key);
  }

  private applyActive(docname: Docname, value: string | null, key: string): void {
    if (value === null) {
      this.actives.delete(docname);
      return;
    }
    const { generation } = fieldsOf(key, value);
    if (!isGeneration(generation)) throw new TypeError(`control record ${key}: ${value}, expected a generation`);
    this.actives.set(docname, generation);
  }

  private applyGeneration(docname: Docname, generation: number, value: string | null, key: string): void {
    if (value === null) {
      this.records.delete(key);
      return;
    }
    const { state, created } = fieldsOf(key, value);
    if (!isGeneration(generation) || typeof state !== 'string' || !STATES.includes(state) || typeof created !== 'string') {
      throw new TypeError(`control record ${key}: ${value}, expected a state of ${STATES.join(', ')} and a time`);
    }
    this.records.set(key, { docname, generation, state: state as GenerationState, created });
  }

  /** The generation that was made active last; undefined when none ever was, so that the first one is. */
  active(docname: Docname): number | undefined {
    return this.actives.get(docname);
  }

  /** What is known of a docname's generations, by number. The first one has no record: nobody rebuilt it. */
  generations(docname: Docname): GenerationRecord[] {
    return [...this.records.values()].filter((record) => record.docname === docname).sort((a, b) => a.generation - b.generation);
  }
}

function fieldsOf(key: string, value: string): Readonly<Record<string, unknown>> {
  const parsed = JSON.parse(value) as unknown;
  if (typeof parsed !== 'object' || parsed === null) throw new TypeError(`control record ${key}: ${value}, expected an object`);
  return parsed as Readonly<Record<string, unknown>>;
}

function isGeneration(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isDocname(value: string | undefined): value is Docname {
  return (DOCNAMES as readonly (string | undefined)[]).includes(value);
}
