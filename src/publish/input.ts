/** Lines of files and of stdin, plain or gzipped, a chunk at a time: what is in memory does not grow with the file. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MetafoldError, messageOf } from '../errors.js';

export interface InputLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

const CHUNK_BYTES = 1_048_576;
const MAX_LINE_BYTES = 64 * 1_048_576;
const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/** An error at a place of the input. */
export function inputError(place: { readonly file: string; readonly line?: number }, message: string, cause?: unknown): MetafoldError {
  const { file, line } = place;
  const where = line === undefined ? file : `${file}:${line}`;
  return new MetafoldError('MF_INPUT', `${where}: ${message}`, { file, line: line ?? null }, { cause });
}

/** The bytes of a stream, unzipped when they begin as gzip does, whatever the file's name. */
async function* unzipped(source: Readable): AsyncGenerator<Buffer> {
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let head: Buffer = EMPTY;
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all();
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // The error of either side comes out of the iteration.
  pipeline(Readable.from(all()), gunzip, () => undefined);
  yield* gunzip as AsyncIterable<Buffer>;
}

function decode(bytes: Buffer, place: { file: string; line: number }): InputLine {
  if (!isUtf8(bytes)) throw inputError(place, 'the line is not UTF-8, expected JSON text');
  const text = bytes.toString('utf8');
  return { ...place, text: place.line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text };
}

/** Batches of the non-empty lines of a file; `-` is stdin. Throws MF_INPUT naming the file when it can't be read. */
async function* readFile(file: string): AsyncGenerator<InputLine[]> {
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  let rest: Buffer = EMPTY;
  let line = 0;
  try {
    for await (const chunk of unzipped(source)) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const batch: InputLine[] = [];
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE, rest.length); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        line++;
        if (end > start) batch.push(decode(bytes.subarray(start, end), { file, line }));
        start = end + 1;
      }
      rest = bytes.subarray(start);
      if (rest.length > MAX_LINE_BYTES) throw inputError({ file, line: line + 1 }, `the line is longer than ${MAX_LINE_BYTES} bytes`);
      yield batch;
    }
    if (rest.length > 0) yield [decode(rest, { file, line: line + 1 })];
  } catch (error) {
    if (error instanceof MetafoldError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw inputError({ file }, `cannot be read (${code ?? messageOf(error)})`, error);
  } finally {
    source.destroy();
  }
}

/** Lines of several files, one after the other. */
export async function* readLines(files: readonly string[]): AsyncGenerator<InputLine[]> {
  for (const file of files) {
    for await (const batch of readFile(file)) yield batch.filter(({ text }) => text.trim() !== '');
  }
}
