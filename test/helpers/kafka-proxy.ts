/**
 * Real Kafka through a proxy that can say, as a broker does that its controller has taken for dead, that the cluster has no brokers. Standing still for
 * long makes Kafka say so only now and then.
 */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

export interface KafkaProxy {
  /** Whoever starts here learns of no other address. */
  readonly brokers: string;
  /** While it is set, answers to metadata requests name no broker. */
  empty: boolean;
  /** So many answers named none. */
  readonly emptyAnswers: number;
  close(): Promise<void>;
}

const METADATA = 3;

export async function openKafkaProxy(brokers: string): Promise<KafkaProxy> {
  const [host, port] = brokers.split(':') as [string, string];
  const open = new Set<Socket>();
  let emptyAnswers = 0;
  let own = 0;

  /** An address as answers have it: the host's letters, then the port. */
  const address = (of: number): Buffer => Buffer.concat([Buffer.from(host), int32(of)]);

  function withOwnAddress(answer: Buffer): Buffer {
    const theirs = address(Number(port));
    for (let at = answer.indexOf(theirs); at >= 0; at = answer.indexOf(theirs, at + theirs.length)) address(own).copy(answer, at);
    return answer;
  }

  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    /** Versions of the metadata requests without an answer yet, by correlation id. */
    const asked = new Map<number, number>();
    client.on(
      'data',
      frames((frame) => {
        if (frame.readInt16BE(4) === METADATA) asked.set(frame.readInt32BE(8), frame.readInt16BE(6));
        upstream.write(frame);
      }),
    );
    upstream.on(
      'data',
      frames((frame) => {
        const correlation = frame.readInt32BE(4);
        const version = asked.get(correlation);
        asked.delete(correlation);
        const isEmptied = proxy.empty && version !== undefined;
        if (isEmptied) emptyAnswers++;
        client.write(isEmptied ? withoutBrokers(frame, version) : withOwnAddress(frame));
      }),
    );
  });
  server.listen(0, host);
  await once(server, 'listening');
  own = (server.address() as AddressInfo).port;
  const proxy = {
    brokers: `${host}:${own}`,
    empty: false,
    get emptyAnswers() {
      return emptyAnswers;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Hands on whole requests or answers, their lengths in front of them. */
function frames(take: (frame: Buffer) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const length = 4 + rest.readInt32BE(0);
      take(Buffer.from(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
  };
}

/** Where the brokers of an answer begin: behind length, correlation id, no tags, and the time of throttling. */
const BROKERS_AT = 4 + 4 + 1 + 4;

/** A metadata answer with its topics and no brokers (Kafka protocol, MetadataResponse, versions 9 and newer). */
function withoutBrokers(answer: Buffer, version: number): Buffer {
  if (version < 9) throw new Error(`metadata was asked for in version ${version}, expected 9 or newer`);
  let at = BROKERS_AT;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = answer[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const skip = (bytes: number): void => void (at += Math.max(0, bytes));
  const skipText = (): void => skip(varint() - 1);
  for (let left = varint() - 1; left > 0; left--) {
    skip(4);
    skipText();
    skip(4);
    skipText();
    for (let tags = varint(); tags > 0; tags--) {
      varint();
      skip(varint());
    }
  }
  const body = Buffer.concat([answer.subarray(4, BROKERS_AT), Buffer.from([1]), answer.subarray(at)]);
  return Buffer.concat([int32(body.length), body]);
}
