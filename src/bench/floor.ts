/**
 * The floor of the fold: how fast OpenSearch takes the very same bulk bodies when nothing else has to be done
 * (spec 00 "Performance"). Bodies are recorded from a real fold, cut anew and replayed into fresh indices.
 */
import { Agent, request, type Dispatcher } from 'undici';

/** One create of a recorded body: action and source line, without line feeds. */
export interface RecordedCreate {
  readonly action: string;
  readonly source: string;
}

export interface FloorShape {
  readonly bulkBytes: number;
  readonly concurrency: number;
}

/** Takes a bulk body apart. Only creates are kept: a fold into fresh indices sends little else. */
export function parseCreates(body: string): RecordedCreate[] {
  const creates: RecordedCreate[] = [];
  let at = 0;
  while (at < body.length) {
    const actionEnd = body.indexOf('\n', at);
    const sourceEnd = body.indexOf('\n', actionEnd + 1);
    const action = body.slice(at, actionEnd);
    if (action.startsWith('{"create"')) creates.push({ action, source: body.slice(actionEnd + 1, sourceEnd) });
    at = sourceEnd + 1;
  }
  return creates;
}

/** Bodies of about `bulkBytes` for another partition: index names are the only thing that changes. */
export function cutBodies(creates: readonly RecordedCreate[], from: string, to: string, bulkBytes: number): Buffer[] {
  const bodies: Buffer[] = [];
  let text = '';
  for (const { action, source } of creates) {
    text += `${action.replace(`.${from}.`, `.${to}.`)}\n${source}\n`;
    if (text.length >= bulkBytes) {
      bodies.push(Buffer.from(text));
      text = '';
    }
  }
  if (text !== '') bodies.push(Buffer.from(text));
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
