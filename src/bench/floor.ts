/**
 * The floor of the fold: how fast OpenSearch takes the very same bulk bodies when nothing else has to be done
 * (spec 00 "Performance"). Bodies are recorded from a real fold, cut anew and replayed into fresh indices.
 */
import { Agent, request, type Dispatcher } from 'undici';

/** One operation of a recorded body. */
export interface RecordedOperation {
  /** The action line, without its line feed. */
  readonly action: string;
  /** The source line with its line feed, a part of the body; empty for a delete. */
  readonly source: Buffer;
}

export interface FloorShape {
  readonly bulkBytes: number;
  readonly concurrency: number;
}

const LINE_FEED = 10;

/** Takes a bulk body apart; the body must stay as it is. */
export function parseOperations(body: Buffer): RecordedOperation[] {
  const operations: RecordedOperation[] = [];
  let at = 0;
  const line = (): Buffer => {
    const end = body.indexOf(LINE_FEED, at);
    if (end < 0) throw new Error('a recorded body ends within a line');
    const bytes = body.subarray(at, end + 1);
    at = end + 1;
    return bytes;
  };
  while (at < body.length) {
    const action = line().toString().slice(0, -1);
    operations.push({ action, source: action.startsWith('{"delete"') ? body.subarray(at, at) : line() });
  }
  return operations;
}

/** Bodies of about `bulkBytes` for another partition: index names are the only thing that changes. */
export function cutBodies(operations: readonly RecordedOperation[], from: string, to: string, bulkBytes: number): Buffer[] {
  const bodies: Buffer[] = [];
  let parts: Buffer[] = [];
  let length = 0;
  const cut = (): void => {
    if (length > 0) bodies.push(Buffer.concat(parts, length));
    parts = [];
    length = 0;
  };
  for (const { action, source } of operations) {
    const line = Buffer.from(`${action.replace(`.${from}.`, `.${to}.`)}\n`);
    parts.push(line, source);
    length += line.length + source.length;
    if (length >= bulkBytes) cut();
  }
  cut();
  return bodies;
}

/** Sends the bodies with a fixed number of requests under way; throws when one is not answered with 200. */
export async function replayBodies(url: string, bodies: readonly Buffer[], concurrency: number): Promise<number> {
  const agent = new Agent({ connections: concurrency, headersTimeout: 0, bodyTimeout: 0 });
  const started = performance.now();
  let next = 0;
  const send = async (): Promise<void> => {
    for (let index = next++; index < bodies.length; index = next++) await post(agent, url, bodies[index]!);
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, send));
  } finally {
    await agent.close();
  }
  return (performance.now() - started) / 1000;
}

async function post(agent: Dispatcher, url: string, body: Buffer): Promise<void> {
  const response = await request(`${url}/_bulk?filter_path=items.*.error.type`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
    dispatcher: agent,
  });
  const text = await response.body.text();
  if (response.statusCode !== 200) throw new Error(`floor: bulk answered ${response.statusCode}: ${text.slice(0, 200)}`);
  // A parent that is sent twice conflicts, here as in the fold; anything else would make the floor cheaper than the fold.
  const refused = [...text.matchAll(/"type":"([a-z_]+)"/g)].find(([, type]) => type !== 'version_conflict_engine_exception');
  if (refused) throw new Error(`floor: a document was refused: ${refused[1]}`);
}
