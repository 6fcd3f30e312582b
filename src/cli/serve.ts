/** `metafold serve`: the read API over the active generation (spec 04). */
import type { Command } from 'commander';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { createAdminServer } from '../api/collections/admin.js';
import { readinessOf } from '../api/health.js';
import { openServices } from '../api/open-services.js';
import { createApi } from '../api/server.js';
import type { ApiServices } from '../api/services.js';
import type { CollectionsConfig } from '../config/collections.js';
import { loadConfig } from '../config/index.js';
import { MetafoldError } from '../errors.js';
import { startStatusServer } from '../http-status.js';
import type { Logger } from '../log.js';
import { baseCommand, runCommand, type CommandContext, type CommonOptions } from './run.js';

/** Requests under way get this long to be answered when the server is stopped. */
const STOP_GRACE_MS = 10_000;

export function createCommand(name: string): Command {
  return baseCommand(name, 'answer queries over HTTP: search, browsing and statistics as azul-client and azul-webui ask for them', [
    'metafold serve',
    'RESTAPI_PORT=8081 metafold serve --log-level debug',
    'RESTAPI_SECURITY=oidc OIDC_AUTHORITY_URL=https://login.example/realms/azul metafold serve',
  ]).action((options: CommonOptions) =>
    runCommand(name, { ...options, output: 'service' }, async (context) => {
      await serve(context);
      return { result: {} };
    }),
  );
}

async function serve(context: CommandContext): Promise<void> {
  const config = await loadConfig(process.env, { need: ['opensearch', 'security', 'api'], optional: ['kafka'] });
  const { api } = config;
  const log = context.logger(config.logLevel);
  for (const warning of config.warnings) log.warn(warning);
  const { services, labelSource, close } = await openServices(config, log);
  const app = await createApi(services);
  try {
    const address = await listen(() => app.listen({ host: api.host, port: api.port }), `${api.host}:${api.port}`);
    log.info({ address: `${address}${api.prefix}`, security: api.security, labels: labelSource }, 'API is served');
    const status = await startStatusServer(
      config.prometheusPort,
      services.metrics.registry,
      { health: () => undefined, readiness: readinessOf(services) },
      log,
    );
    const admin = await serveAdmin(config.collections, services, log);
    try {
      await stopped(context.signal);
    } finally {
      await admin?.close();
      await status?.close();
    }
  } finally {
    const forced = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS).unref();
    await app.close();
    clearTimeout(forced);
    await close();
  }
}

/** The private endpoint of collections, when a token protects it. */
async function serveAdmin(
  { adminListen: { host, port }, adminToken: token }: CollectionsConfig,
  { collections }: ApiServices,
  log: Logger & FastifyBaseLogger,
): Promise<FastifyInstance | undefined> {
  if (collections === undefined || token === '') {
    log.info('the private endpoint of collections is not served: METAFOLD_COLLECTIONS_ADMIN_TOKEN is not set');
    return undefined;
  }
  const admin = createAdminServer({ token, backend: collections.backend, log });
  const address = await listen(() => admin.listen({ host, port }), `${host}:${port}`, 'metafold_collections_admin_listen');
  log.info({ address }, 'private endpoint of collections is served');
  return admin;
}

async function listen(start: () => Promise<string>, where: string, setting = 'restapi_port'): Promise<string> {
  try {
    return await start();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on: ${(error as Error).message}`;
    throw new MetafoldError('MF_CONFIG', `${setting}: ${where} ${reason}, expected a free address`, { setting }, { cause: error });
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
