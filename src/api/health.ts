/** `/healthz`, `/readyz` and `/metrics` for whoever watches the server (spec 04 §15). */
import type { FastifyInstance } from 'fastify';
import { readAlias } from '../../projections/index-names.js';
import { messageOf } from '../errors.js';
import { openSearchRequest } from '../opensearch/request.js';
import { kept } from './kept.js';
import type { ApiServices } from './services.js';

const READY_WITHIN_MS = 5_000;
/** Anyone may ask, so not every question reaches OpenSearch. */
const READY_TTL_MS = 1_000;
const OPEN = { config: { open: true }, schema: { hide: true } } as const;

export function serveHealth(app: FastifyInstance, services: ApiServices): void {
  const { registry } = services.metrics;
  app.get('/healthz', OPEN, (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'));
  const problemNow = kept(READY_TTL_MS, () => notReady(services));
  app.get('/readyz', OPEN, async (_request, reply) => {
    const problem = await problemNow();
    return reply
      .code(problem === undefined ? 200 : 503)
      .type('text/plain; charset=utf-8')
      .send(`${problem ?? 'ok'}\n`);
  });
  app.get('/metrics', OPEN, async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

/** What it waits for; undefined when callers will get answers. */
async function notReady({ client, config }: ApiServices): Promise<string | undefined> {
  const alias = readAlias(config.partition, 'binary2');
  try {
    const { status } = await openSearchRequest(client, 'HEAD', `/_alias/${alias}`, {
      accept: [404],
      timeoutMs: READY_WITHIN_MS,
      maxRetries: 0,
    });
    return status === 404 ? `no index has the alias ${alias}: has a worker been started?` : undefined;
  } catch (error) {
    return `OpenSearch does not answer: ${messageOf(error)}`;
  }
}
