import { Buffer } from 'node:buffer';
import { RefusalError } from './refusal.js';

const MAX_ID_BYTES = 512;

/** Returns the id. Refuses one that is too long for OpenSearch, which would fail the whole bulk request (spec 02 §6). */
export function checkedId(id: string): string {
  if (id.length * 3 > MAX_ID_BYTES) {
    const bytes = Buffer.byteLength(id);
    if (bytes > MAX_ID_BYTES) {
      throw new RefusalError('ValueError', `document id ${JSON.stringify(id)} has ${bytes} bytes, at most ${MAX_ID_BYTES} are possible`);
    }
  }
  return id;
}
