/**
 * The texts of documents on their way, as UTF-8 outside of the JavaScript heap: they are the bulk of what is under way, live longer than the
 * collector's youngest generation, and are sent as bytes anyway.
 *
 * A text is the two lines of a bulk create for a document with one contribution, the case of nearly every document; its parts can be read back.
 */
import { foldJson, parseFold } from '../../projections/fold-json.js';
import { documentJson } from '../../projections/json.js';
import type { Contribution, DocumentWrite } from '../../projections/types.js';

const CHUNK_BYTES = 512 * 1024;
/** More free chunks are left to the collector. */
const MAX_FREE_CHUNKS = 16;
/** UTF-8 bytes of one UTF-16 unit, at most. */
const UNIT_BYTES = 3;
const FOLD = ',"fold":';
const END = '}\n';

/** Memory for texts, used again when what was written is durable. */
export class ChunkPool {
  private readonly free: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** The chunks may be overwritten from now on: nothing may refer to texts in them any more. */
  give(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) if (chunk.length === CHUNK_BYTES && this.free.length < MAX_FREE_CHUNKS) this.free.push(chunk);
  }
}

/** A document's text in a chunk: `{"create":…}`, line feed, `_source` with its `fold`, line feed. */
export class DocumentText {
  constructor(
    readonly bytes: Buffer,
    readonly start: number,
    private readonly bodyStart: number,
    /** Where the body's closing brace would stand. */
    private readonly bodyEnd: number,
    readonly end: number,
  ) {}

  /** Bytes of both lines. */
  get length(): number {
    return this.end - this.start;
  }

  /** JSON text of the document without `fold`. */
  get body(): string {
    return this.bytes.toString('utf8', this.bodyStart, this.bodyEnd) + '}';
  }

  /** The document's contribution, tokens included. */
  get contribution(): Contribution {
    const fold = this.bytes.toString('utf8', this.bodyEnd + FOLD.length, this.end - END.length);
    return parseFold(fold).contributions[0]!;
  }
}

/** Writes texts one behind the other, so that those of a batch can be sent in a few pieces. */
export class TextWriter {
  private chunks: Buffer[] = [];
  private chunk: Buffer | undefined;
  private at = 0;

  /** Without a pool each text gets memory of its own. */
  constructor(private readonly pool?: ChunkPool) {}

  write(write: DocumentWrite): DocumentText {
    return this.writeJson(write, documentJson(write.body));
  }

  /** `json`: the body as it is to stand, on one line. */
  writeJson({ index, id, routing, contribution }: Omit<DocumentWrite, 'body'>, json: string): DocumentText {
    const head = `{"create":${targetJson(index, id, routing)}}\n`;
    const tail = FOLD + foldJson([contribution], false) + END;
    const chunk = this.room(head.length + json.length + tail.length);
    const start = this.at;
    const bodyStart = start + chunk.write(head, start);
    // A body is never empty: the fold goes in place of its closing brace.
    const bodyEnd = bodyStart + chunk.write(json, bodyStart) - 1;
    this.at = bodyEnd + chunk.write(tail, bodyEnd);
    return new DocumentText(chunk, start, bodyStart, bodyEnd, this.at);
  }

  /** The chunks written so far; what comes goes to others. */
  take(): readonly Buffer[] {
    const taken = this.chunks;
    this.chunks = [];
    this.chunk = undefined;
    return taken;
  }

  /** A chunk with room for a text of so many UTF-16 units. */
  private room(units: number): Buffer {
    const needed = units * UNIT_BYTES;
    if (this.chunk !== undefined && this.chunk.length - this.at >= needed) return this.chunk;
    const chunk = this.pool === undefined || needed > CHUNK_BYTES ? Buffer.allocUnsafeSlow(needed) : this.pool.take();
    this.chunks.push(chunk);
    this.chunk = chunk;
    this.at = 0;
    return chunk;
  }
}

/** What a bulk action line names. */
export function targetJson(index: string, id: string, routing: string | undefined): string {
  const named = `{"_index":${JSON.stringify(index)},"_id":${JSON.stringify(id)}`;
  return routing === undefined ? `${named}}` : `${named},"routing":${JSON.stringify(routing)}}`;
}
