/** A server that stands for the dispatcher's simulation of consumers, and can fail as servers do. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SimulatedRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

/** What is answered: a status and a body, or nothing ever. */
export type Reply = { readonly status: number; readonly body: string; readonly location?: string } | 'silence';

export interface TestDispatcher {
  readonly url: string;
  readonly requests: readonly SimulatedRequest[];
  replies(reply: Reply): void;
  stop(): Promise<void>;
}

export async function startTestDispatcher(): Promise<TestDispatcher> {
  const requests: SimulatedRequest[] = [];
  let reply: Reply = { status: 200, body: '{"consumers":[]}' };
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      requests.push({ method: request.method, path: request.url, type: request.headers['content-type'], body: JSON.parse(text) });
      if (reply === 'silence') return;
      response.writeHead(reply.status, reply.location === undefined ? {} : { location: reply.location }).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    replies: (next) => void (reply = next),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
