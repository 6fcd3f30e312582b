import { connect } from 'node:net';

const probeTimeoutMs = 3000;

/** Sends bytes to a local port and resolves with what came back once `enough` says so; rejects on an error or after 3 s. */
function exchange(port: number, request: Buffer, enough: (received: Buffer) => boolean): Promise<Buffer> {
  return new Promise((done, fail) => {
    const socket = connect({ host: '127.0.0.1', port });
    let received: Buffer = Buffer.alloc(0);
    const finish = (error?: Error) => {
      socket.destroy();
      if (error === undefined) done(received);
      else fail(error);
    };
    socket.setTimeout(probeTimeoutMs, () => finish(new Error('no answer within 3 s')));
    socket.once('error', finish);
    socket.once('close', () => finish(new Error('connection closed')));
    socket.once('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (enough(received)) finish();
    });
  });
}

/** A Kafka Metadata request (version 1) that asks for no topic. */
export function metadataRequest(): Buffer {
  const client = Buffer.from('metafold-stack');
  const body = Buffer.alloc(14 + client.length);
  let at = body.writeInt16BE(3, 0); // api key: Metadata
  at = body.writeInt16BE(1, at); // version
  at = body.writeInt32BE(1, at); // correlation id
  at = body.writeInt16BE(client.length, at);
  at += client.copy(body, at);
  body.writeInt32BE(0, at); // no topics
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

/** Number of brokers in the answer to `metadataRequest`. */
export function brokerCount(response: Buffer): number {
  return response.readInt32BE(8);
}

/** Throws unless the broker takes part in its cluster: it must name itself in its metadata. */
export async function probeKafka(port: number): Promise<void> {
  const response = await exchange(port, metadataRequest(), (received) => received.length >= 12);
  if (brokerCount(response) < 1) throw new Error('the broker is not registered yet');
}

/** Throws unless Redis answers a PING. */
export async function probeRedis(port: number): Promise<void> {
  const response = await exchange(port, Buffer.from('PING\r\n'), (received) => received.includes('\r\n'));
  if (!response.toString().startsWith('+PONG')) throw new Error(`answered ${JSON.stringify(response.toString())}`);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs) });
  if (!response.ok) throw new Error(`${url} answered ${String(response.status)}`);
  return response.json();
}

/** Throws unless the node is up and every primary shard with it. */
export async function probeOpenSearch(port: number): Promise<void> {
  const health = (await getJson(`http://127.0.0.1:${String(port)}/_cluster/health`)) as { status?: string };
  if (health.status !== 'green' && health.status !== 'yellow') throw new Error(`cluster health is ${String(health.status)}`);
}

/** Throws unless the registry's Confluent API lists its subjects. */
export async function probeRegistry(port: number): Promise<void> {
  const subjects = await getJson(`http://127.0.0.1:${String(port)}/apis/ccompat/v7/subjects`);
  if (!Array.isArray(subjects)) throw new Error('the list of subjects is not a list');
}

/** Resolves true when the port can be bound on 127.0.0.1. */
export async function portIsFree(port: number): Promise<boolean> {
  const { createServer } = await import('node:net');
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => done(true)));
  });
}
