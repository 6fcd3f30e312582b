/**
 * The azul-client of PyPI, unmodified, in a process of its own. Needs Python 3.12 or later with venv; the packages are installed into the
 * cache folder once, in the versions of azul_client_requirements.txt.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonWith } from './python-with.js';

const SCRIPT = fileURLToPath(new URL('azul_client_peer.py', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('azul_client_requirements.txt', import.meta.url));

/** One call of the client; see azul_client_peer.py. */
export interface ClientCall {
  /** `<part of the client>.<method>` */
  readonly method: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Labels to leave out, as `set_excluded_security` takes them. */
  readonly exclude?: readonly string[];
}

export interface ClientAnswer<T = unknown> {
  readonly value: T;
  /** Of the envelope; null where there was none. */
  readonly meta: { readonly security: string; readonly sec_filter: string | null } | null;
}

export interface AzulClient {
  /** Rejects with the class and the text of whatever the client raised. */
  call(call: ClientCall): Promise<ClientAnswer>;
  /** All public methods of the client. */
  methods(): Promise<string[]>;
  /** Methods called so far. */
  called(): ReadonlySet<string>;
  close(): Promise<void>;
}

/** A raised exception of the client. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}

interface Line {
  readonly value: unknown;
  readonly meta: ClientAnswer['meta'];
  readonly error?: string;
  readonly message?: string;
}

/** Starts the client on a server's base address (without `/api`). Rejects when there is no Python for it. */
export async function startAzulClient(url: string): Promise<AzulClient> {
  const python = await pythonWith('azul-client', REQUIREMENTS);
  const child = spawn(python, [SCRIPT, url], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4_000)));
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()).on('error', () => resolve()));
  const lines: AsyncIterator<string, undefined> = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const called = new Set<string>();

  async function ask(request: object): Promise<Line> {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error(`azul-client ended:\n${complaint}`);
    return JSON.parse(line.value) as Line;
  }

  return {
    async call(call) {
      called.add(call.method);
      const { error, message, value, meta } = await ask(call);
      if (error !== undefined) throw new ClientError(`${error}: ${message}\n${complaint}`);
      return { value, meta };
    },
    methods: async () => (await ask({ list: true })).value as string[],
    called: () => called,
    async close() {
      child.stdin.end();
      await closed;
    },
  };
}
