import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { MetafoldError } from '../errors.js';

export interface LineWriter {
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

/** Writes to a file, or to stdout when there is none. Throws MF_INPUT for a file that can't be written. */
export async function createLineWriter(file: string | undefined): Promise<LineWriter> {
  const stream = file === undefined ? process.stdout : createWriteStream(file);
  if (file !== undefined) {
    try {
      await once(stream, 'open');
    } catch (error) {
      throw new MetafoldError(
        'MF_INPUT',
        `${file}: cannot be written (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
        { file },
        { cause: error },
      );
    }
  }
  return {
    async write(text) {
      if (text !== '' && !stream.write(text)) await once(stream, 'drain');
    },
    async close() {
      if (file === undefined) {
        await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
        return;
      }
      stream.end();
      await finished(stream);
    },
  };
}
