/** `metafold serve`: the read API over the active generation (spec 04). */
import type { Command } from 'commander';
import { checkOpenSearchIdentity, createGrants, resolveLabelSource } from '../access/grants.js';
import { createAuthenticator } from '../access/identity.js';
import { openResultCache } from '../api/cache/index.js';
import { createApiMetrics } from '../api/metrics.js';
import { createPluginModel } from '../api/plugin-model.js';
import { createModel } from '../api/model.js';
import { createApi } from '../api/server.js';
import { createEventLog } from '../api/provenance/event-log.js';
import type { ApiServices } from '../api/services.js';
import { loadConfig } from '../config/index.js';
import { MetafoldError } from '../errors.js';
import { startStatusServer } from '../http-status.js';
import { createOpenSearchClient } from '../opensearch/client.js';
import { baseCommand, runCommand, type CommandContext, type CommonOptions } from './run.js';

/** Requests under way get this long to be answered when the server is stopped. */
const STOP_GRACE_MS = 10_000;
const CLIENT = { maxRetries: 0, exactIntegers: true } as const;

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
  const { api, security } = config;
  const log = context.logger(config.logLevel);
  for (const warning of config.warnings) log.warn(warning);
  const source = resolveLabelSource(api.labelSource, api.security, api.noSecurityPlugin);
  checkOpenSearchIdentity(api.identity, api.security);
  const authenticator = await createAuthenticator({ mode: api.security, ...api.oidc, log });
  const grants = createGrants({
    source,
    policy: security,
    roleMap: api.roleMap,
    privilegedRoles: api.privilegedRoles,
    adminRole: api.adminRole,
    opensearchUrl: config.opensearch.url,
    verifyCertificates: config.opensearch.verifyCertificates,
  });
  const client = createOpenSearchClient(config.opensearch, CLIENT);
  const callerClient = api.identity === 'caller' ? createOpenSearchClient({ ...config.opensearch, password: '' }, CLIENT) : client;
  const metrics = createApiMetrics();
  const cache = await openResultCache({ config, client, metrics, log });
  const { kafka, registryUrl } = config;
  const eventLog = kafka && createEventLog({ kafka, registryUrl, log });
  const services: ApiServices = {
    config,
    client,
    callerClient,
    authenticator,
    grants,
    plugins: createPluginModel({ client, partition: config.partition, ttlSeconds: api.modelSeconds }),
    model: createModel(client, config.partition),
    cache,
    eventLog,
    metrics,
    log,
  };
  const app = await createApi(services);
  try {
    const address = await listen(() => app.listen({ host: api.host, port: api.port }), `${api.host}:${api.port}`);
    log.info({ address: `${address}${api.prefix}`, security: api.security, labels: source }, 'API is served');
    const status = await startStatusServer(
      config.prometheusPort,
      metrics.registry,
      { health: () => undefined, readiness: () => undefined },
      log,
    );
    try {
      await stopped(context.signal);
    } finally {
      await status?.close();
    }
  } finally {
    const forced = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS).unref();
    await app.close();
    clearTimeout(forced);
    await authenticator.close();
    await grants.close();
    await eventLog?.close();
    cache.close();
    await client.close();
    if (callerClient !== client) await callerClient.close();
  }
}

async function listen(start: () => Promise<string>, where: string): Promise<string> {
  try {
    return await start();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on: ${(error as Error).message}`;
    throw new MetafoldError(
      'MF_CONFIG',
      `restapi_host and restapi_port: ${where} ${reason}, expected a free address`,
      { setting: 'restapi_port' },
      { cause: error },
    );
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
