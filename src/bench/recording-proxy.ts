/** Stands before OpenSearch and notes what passes, so that the very same requests can be sent without the API. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import { messageOf } from '../errors.js';
import type { WireRequest } from './load.js';

export interface RecordingProxy {
  /** Address to use in place of the server's. */
  readonly url: string;
  /** What passed since this was asked last. */
  taken(): Recorded;
  close(): Promise<void>;
}

export interface Recorded {
  readonly requests: readonly WireRequest[];
  /** Some were under way at the same time. */
  readonly overlapped: boolean;
}

/** Headers that belong to one hop. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'user-agent']);

export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const agent = new Agent();
  let requests: WireRequest[] = [];
  let overlapped = false;
  let underWay = 0;

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(incoming);
    const recorded = {
      method: incoming.method as WireRequest['method'],
      path: incoming.url ?? '/',
      headers: passedOn(incoming.headers),
      ...(body !== '' && { body }),
    };
    requests.push(recorded);
    overlapped ||= underWay++ > 0;
    try {
      const { path, ...content } = recorded;
      const answer = await request(new URL(path, target), { ...content, dispatcher: agent });
      response.writeHead(answer.statusCode, passedOn(answer.headers)).end(Buffer.from(await answer.body.arrayBuffer()));
    } catch (error) {
      response.writeHead(502).end(messageOf(error));
    } finally {
      underWay--;
    }
  }

  const server = createServer((incoming, response) => void pass(incoming, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken() {
      const taken = { requests, overlapped };
      [requests, overlapped] = [[], false];
      return taken;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await agent.close();
    },
  };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function passedOn(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries.filter(([name]) => !OWN_HEADERS.has(name)));
}
