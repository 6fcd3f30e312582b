/** `/healthz`, `/readyz` and `/metrics` for whoever watches the server (spec 04 §15). */
import type { FastifyInstance } from 'fastify';
import { readAlias, type Docname } from '../../projections/index-names.js';
import { messageOf } from '../errors.js';
import { openSearchRequest } from '../opensearch/request.js';
import { kept } from './kept.js';
import type { ApiServices } from './services.js';

const READY_WITHIN_MS = 5_000;
/** Anyone may ask, so not every question reaches OpenSearch. */
const READY_TTL_MS = 1_000;
/** What routes answer from. */
const READ: readonly Docname[] = ['binary2', 'status', 'plugin', 'annotation'];
const OPEN = { config: { open: true }, schema: { hide: true } } as const;

export function serveHealth(app: FastifyInstance, services: ApiServices): void {
  const { registry } = services.metrics;
  app.get('/healthz', OPEN, (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'));
  const problemNow = readinessOf(services);
  app.get('/readyz', OPEN, async (_request, reply) => {
    const problem = await problemNow();
    return reply
      .code(problem === undefined ? 200 : 503)
      .type('text/plain; charset=utf-8')
      .send(`${problem ?? 'ok'}\n`);
  });
  app.get('/metrics', OPEN, async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

/** What a server waits for; undefined when callers will get answers. */
export function readinessOf({ client, config }: Pick<ApiServices, 'client' | 'config'>): () => Promise<string | undefined> {
  const aliases = READ.map((docname) => readAlias(config.partition, docname)).join(',');
  return kept(READY_TTL_MS, async () => {
    try {
      const { status, body } = await openSearchRequest<{ readonly error?: string }>(client, 'GET', `/_alias/${aliases}`, {
        query: { filter_path: 'error' },
        accept: [404],
        timeoutMs: READY_WITHIN_MS,
        maxRetries: 0,
      });
      return status === 404 ? `${body.error ?? 'aliases are missing'}: has a worker been started?` : undefined;
    } catch (error) {
      return `OpenSearch does not answer: ${messageOf(error)}`;
    }
  });
}
