/** `metafold serve` as a process of its own on a free port, and what goes over its sockets byte for byte. */
import { connect, type Socket } from 'node:net';
import type { Arena } from './arena.js';
import type { Environment, RunningCommand } from './metafold.js';
import { waitFor } from './wait-for.js';

export interface ServedApi {
  /** Without path. */
  readonly url: string;
  readonly port: number;
  readonly command: RunningCommand;
  /** One line a request, once it has been answered. */
  audit(): readonly Readonly<Record<string, unknown>>[];
  /** Ends it, if it has not ended. */
  stop(): Promise<void>;
}

const STARTS_WITHIN_MS = 60_000;

/** Everyone may read everything, unless the settings say otherwise. */
export async function serveApi(arena: Arena, settings: Environment = {}): Promise<ServedApi> {
  const command = arena.start(['serve'], { RESTAPI_HOST: '127.0.0.1', RESTAPI_PORT: '0', METAFOLD_API_RATE_LIMIT: '0', ...settings });
  const address = /"address":"(http:\/\/127\.0\.0\.1:[0-9]+)/;
  const url = await Promise.race([
    waitFor(() => address.exec(command.log())?.[1] ?? '', { timeoutMs: STARTS_WITHIN_MS, what: 'the API to listen' }),
    command.outcome.then(({ stderr }) => {
      throw new Error(`serve ended: ${stderr}`);
    }),
  ]);
  return {
    url,
    port: Number(new URL(url).port),
    command,
    audit: () =>
      command
        .log()
        .split('\n')
        .filter((line) => line.includes('"msg":"audit"'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    async stop() {
      command.process.kill('SIGKILL');
      await command.outcome;
    },
  };
}

export interface Conversation {
  /** All that was answered, as Latin-1. */
  readonly text: string;
  readonly closed: boolean;
  readonly milliseconds: number;
}

/** Sends bytes and reads until the server ends the connection or `done` says that enough came. */
export function converse(
  port: number,
  sent: string | Uint8Array,
  { timeoutMs = 5_000, done = () => false }: { readonly timeoutMs?: number; readonly done?: (text: string) => boolean } = {},
): Promise<Conversation> {
  const started = performance.now();
  return new Promise((resolve) => {
    let text = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(sent));
    const finish = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed, milliseconds: performance.now() - started });
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    socket.setEncoding('latin1').on('data', (data) => {
      text += data.toString();
      if (done(text)) finish(false);
    });
    // A reset is an end as well.
    socket.on('error', () => finish(true)).on('close', () => finish(true));
  });
}
