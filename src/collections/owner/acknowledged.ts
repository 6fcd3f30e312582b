/** Words of a place; where its owner and, in pairs of words, its date stand. */
const WORDS = 8;
const OWNER = 4;
const DATE = 3;

/**
 * Eventdates of the last acknowledged rows of all tasks of a worker: what is not newer need not go to Redis again (spec 07 §11).
 *
 * A table of fixed size in which a key has one place: the key that comes later stays there. Forgetting costs a comparison in Redis, no more; rows
 * in maps cost more than decoding their events, for the collector has to move and visit each.
 */
export class AcknowledgedRows {
  private readonly places: number;
  /** Of each place, side by side as they are looked at together: the four words of the key hash, whose it is (0: nobody's), one unused, the eventdate. */
  private readonly words: Uint32Array;
  private readonly dates: Float64Array;
  private readonly word = new Uint32Array(4);
  private lastOwner = 0;

  /** `capacity`: keys of all tasks together; 32 bytes each. */
  constructor(capacity: number) {
    this.places = 2 ** Math.ceil(Math.log2(capacity));
    this.words = new Uint32Array(WORDS * this.places);
    this.dates = new Float64Array(this.words.buffer);
  }

  /** The rows of one task. `dateSaysAll`: rows of one key and eventdate are the same row, as without value fields. */
  open(dateSaysAll: boolean): TaskRows {
    return new TaskRows(this, dateSaysAll);
  }

  /** A number that no row in the table belongs to. */
  newOwner(): number {
    return ++this.lastOwner;
  }

  /** -Infinity for a key that is not known. */
  get(owner: number, keyHash: string): number {
    const place = this.placeOf(owner, keyHash);
    return this.isAt(place, owner) ? this.dates[place / 2 + DATE]! : -Infinity;
  }

  set(owner: number, keyHash: string, eventdate: number): void {
    const place = this.placeOf(owner, keyHash);
    for (let i = 0; i < OWNER; i++) this.words[place + i] = this.word[i]!;
    this.words[place + OWNER] = owner;
    this.dates[place / 2 + DATE] = eventdate;
  }

  delete(owner: number, keyHash: string): void {
    const place = this.placeOf(owner, keyHash);
    if (this.isAt(place, owner)) this.words[place + OWNER] = 0;
  }

  /** Index of the first word of a key's place. */
  private placeOf(owner: number, keyHash: string): number {
    const { word } = this;
    for (let i = 0; i < OWNER; i++) {
      let n = 0;
      for (let at = 8 * i; at < 8 * i + 8; at++) {
        const code = keyHash.charCodeAt(at);
        n = (n << 4) | (code < 58 ? code - 48 : code - 87);
      }
      word[i] = n;
    }
    return WORDS * ((word[0]! ^ Math.imul(owner, 0x9e3779b1)) & (this.places - 1));
  }

  private isAt(place: number, owner: number): boolean {
    const { word, words } = this;
    if (words[place + OWNER] !== owner) return false;
    for (let i = 0; i < OWNER; i++) if (words[place + i] !== word[i]) return false;
    return true;
  }
}

export class TaskRows {
  private owner: number;

  constructor(
    private readonly table: AcknowledgedRows,
    private readonly dateSaysAll: boolean,
  ) {
    this.owner = table.newOwner();
  }

  /** Whether what is stored is known to be no smaller than any row of this key and eventdate. */
  covers(keyHash: string, eventdate: number): boolean {
    const known = this.table.get(this.owner, keyHash);
    return this.dateSaysAll ? eventdate <= known : eventdate < known;
  }

  set(keyHash: string, eventdate: number): void {
    this.table.set(this.owner, keyHash, eventdate);
  }

  delete(keyHash: string): void {
    this.table.delete(this.owner, keyHash);
  }

  /** Forgets all of them. */
  clear(): void {
    this.owner = this.table.newOwner();
  }
}
