/** The small HTTP server of a worker: /metrics, /healthz, /readyz. A taken port is no reason to stop folding: a free one is used and logged. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

export interface StatusChecks {
  /** Undefined when the process is alive and well, else what is wrong. */
  readonly health: () => string | undefined;
  /** Undefined when it is doing its work, else what it waits for. Must not reject. */
  readonly readiness: () => string | undefined | Promise<string | undefined>;
}

export interface StatusServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `port` 0 turns it off (spec 06 §8.1, `prometheus_port`). */
export async function startStatusServer(
  port: number,
  registry: Registry,
  checks: StatusChecks,
  log: Logger,
): Promise<StatusServer | undefined> {
  if (port === 0) return undefined;
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      reply(response, 405, 'method not allowed\n');
      return;
    }
    if (path === '/healthz') {
      answerCheck(response, checks.health());
      return;
    }
    if (path === '/readyz') {
      void Promise.resolve(checks.readiness()).then((problem) => answerCheck(response, problem));
      return;
    }
    if (path !== '/metrics') {
      reply(response, 404, 'not found: /metrics, /healthz and /readyz are here\n');
      return;
    }
    registry.metrics().then(
      (text) => reply(response, 200, text, registry.contentType),
      (error: unknown) => reply(response, 500, `${String(error)}\n`),
    );
  });
  if (!(await listen(server, port))) {
    log.warn({ port }, 'port for metrics is taken, using a free one');
    await listen(server, 0);
  }
  const actual = (server.address() as AddressInfo).port;
  log.info({ port: actual }, 'metrics, healthz and readyz are served');
  return { port: actual, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve(true);
    };
    server.once('error', onError).once('listening', onListening).listen(port);
  });
}

function answerCheck(response: ServerResponse, problem: string | undefined): void {
  reply(response, problem === undefined ? 200 : 503, `${problem ?? 'ok'}\n`);
}

function reply(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}
