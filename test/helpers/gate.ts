/** A gate on the way to a server: connections are taken, and nothing goes through before it is opened. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Gate {
  readonly url: string;
  /** Connections that wait; who gives up waits no more. */
  waiting(): number;
  /** From now on everything goes through, what has waited first. */
  open(): void;
  close(): void;
}

export async function startGate(target: URL): Promise<Gate> {
  const held = new Map<Socket, () => void>();
  const sockets = new Set<Socket>();
  let isOpen = false;
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    // Only who reads learns that the other side has gone.
    const read: Buffer[] = [];
    const keep = (data: Buffer): void => void read.push(data);
    const forward = (): void => {
      const upstream = connect(Number(target.port), target.hostname);
      sockets.add(upstream.on('error', () => socket.destroy()));
      socket.off('data', keep);
      for (const data of read) upstream.write(data);
      socket.pipe(upstream).pipe(socket);
    };
    if (isOpen) {
      forward();
      return;
    }
    held.set(socket.on('data', keep), forward);
    socket.on('close', () => held.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    waiting: () => held.size,
    open() {
      isOpen = true;
      const forwards = [...held.values()];
      held.clear();
      for (const forward of forwards) forward();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
