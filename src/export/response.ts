/** Answers of OpenSearch as text, and documents cut out of them: a number is exported as it is stored, whatever its size. */
import type { Client } from '@opensearch-project/opensearch';
import { MetafoldError } from '../errors.js';
import { openSearchError } from '../opensearch/client.js';
import { itemsOf, membersOf } from './json-slices.js';

export interface TextRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly querystring?: Readonly<Record<string, string>>;
}

/** The body of an answer, unparsed. Throws MF_OPENSEARCH, also for an answer with an error status. */
export async function requestText(client: Client, request: TextRequest): Promise<string> {
  let status: number | null | undefined;
  let text = '';
  try {
    const response = await client.transport.request({ ...request, querystring: { ...request.querystring } }, { asStream: true });
    status = response.statusCode;
    const chunks: Buffer[] = [];
    for await (const chunk of response.body as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
    text = Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    throw openSearchError(error, `${request.method} ${request.path}`);
  }
  if (typeof status !== 'number' || status >= 400) {
    const code = status === 401 || status === 403 ? 'MF_OPENSEARCH_AUTH' : 'MF_OPENSEARCH';
    throw new MetafoldError(code, `${request.method} ${request.path}: ${status ?? 'no status'} ${text.slice(0, 500)}`, {
      status: status ?? null,
    });
  }
  return text;
}

export interface FoundDocument {
  readonly id: string;
  readonly routing: string | null;
  /** JSON text as stored; without `fold` unless asked for. */
  readonly source: string;
}

/** The text of an object without one of its members; the rest as it stands. */
export function withoutMember(object: string, name: string): string {
  const members = membersOf(object);
  const written = JSON.stringify(name);
  if (!members.some((member) => member.name === written)) return object;
  const kept = members.filter((member) => member.name !== written);
  return `{${kept.map(({ start, end }) => object.slice(start, end)).join(',')}}`;
}

/** The documents of an `_mget` answer that were found, in its order. */
export function readDocuments(answer: string, withFold: boolean): FoundDocument[] {
  const docs = membersOf(answer).find(({ name }) => name === '"docs"');
  if (docs === undefined) throw new MetafoldError('MF_OPENSEARCH', `_mget: unexpected answer ${answer.slice(0, 500)}`);
  const found: FoundDocument[] = [];
  for (const position of itemsOf(answer, docs.valueStart)) {
    const fields = new Map(membersOf(answer, position).map(({ name, valueStart, end }) => [name, answer.slice(valueStart, end)]));
    const [id, routing, source] = [fields.get('"_id"'), fields.get('"_routing"'), fields.get('"_source"')];
    if (fields.get('"found"') !== 'true' || id === undefined || source === undefined) continue;
    found.push({
      id: JSON.parse(id) as string,
      routing: routing === undefined ? null : (JSON.parse(routing) as string),
      source: withFold ? source : withoutMember(source, 'fold'),
    });
  }
  return found;
}

/** One line of an export; line breaks that a client put between the values of a document are left out. */
export function documentLine(index: string, { id, routing, source }: FoundDocument): string {
  const text = /[\r\n]/.test(source) ? source.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1') : source;
  return `{"index":${JSON.stringify(index)},"id":${JSON.stringify(id)},"routing":${JSON.stringify(routing)},"source":${text}}\n`;
}
