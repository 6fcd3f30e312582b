/**
 * Schemas by id from a registry that speaks Confluent's API (Apicurio does under `/apis/ccompat/v7`). The client library is
 * loaded at the first request: most logs hold no framed record, and it brings three serialisation formats along.
 */
import type { SchemaRegistry as Client } from '@kafkajs/confluent-schema-registry';
import type { Model } from '../schemas/events.js';
import type { WireVersion } from './avro-schema.js';
import { schemaText } from './avro-schema.js';

/** How long "unknown" is believed: the schema may be registered a moment later. */
const NEGATIVE_CACHE_MS = 30_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** A schema as JSON text with its references put in, or that there is none of use, and why. */
export type FoundSchema = { readonly kind: 'schema'; readonly schema: string } | { readonly kind: 'unknown'; readonly reason: string };

export interface SchemaRegistry {
  /** What is known of an id without asking. "Unknown" is forgotten after half a minute. */
  cached(schemaId: number): FoundSchema | undefined;
  /** Asks for an id, once for all who wait. Rejects with RegistryError when there is no answer. */
  fetch(schemaId: number): Promise<FoundSchema>;
  /** Id of our own schema under `<topic>-value`, registered if need be. Rejects with RegistryError. */
  register(topic: string, model: Model, version: WireVersion): Promise<number>;
}

/** The registry could not be reached or did not answer as one; worth another try. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly retriable = true;
}

export interface RegistryOptions {
  /** Base address of the API; user and password in it are sent as basic authentication. */
  readonly url: string;
  readonly requestTimeoutMs?: number;
  readonly negativeCacheMs?: number;
}

interface Library {
  readonly client: Client;
  /** Levels to try when registering: the library insists on the one that the subject has. */
  readonly levels: readonly Compatibility[];
}
type Middleware = NonNullable<ConstructorParameters<typeof Client>[0]['middlewares']>[number];
type Compatibility = NonNullable<NonNullable<Parameters<Client['register']>[1]>['compatibility']>;

export function createRegistry(options: RegistryOptions): SchemaRegistry {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS, negativeCacheMs = NEGATIVE_CACHE_MS } = options;
  const known = new Map<number, { found: FoundSchema; until: number }>();
  const asked = new Map<number, Promise<FoundSchema>>();
  const ids = new Map<string, Promise<number>>();
  let library: Promise<Library> | undefined;
  const loaded = (): Promise<Library> => (library ??= load(options.url, requestTimeoutMs));

  function cached(schemaId: number): FoundSchema | undefined {
    const entry = known.get(schemaId);
    if (entry === undefined || entry.until > performance.now()) return entry?.found;
    known.delete(schemaId);
    return undefined;
  }

  async function ask(schemaId: number): Promise<FoundSchema> {
    const { client } = await loaded();
    const found = await findSchema(client, schemaId);
    known.set(schemaId, { found, until: found.kind === 'schema' ? Infinity : performance.now() + negativeCacheMs });
    return found;
  }

  return {
    cached,
    async fetch(schemaId) {
      const found = cached(schemaId);
      if (found !== undefined) return found;
      let request = asked.get(schemaId);
      if (request === undefined) {
        request = ask(schemaId).finally(() => asked.delete(schemaId));
        asked.set(schemaId, request);
      }
      return request;
    },
    async register(topic, model, version) {
      const subject = `${topic}-value`;
      const key = `${subject}/${version}`;
      let id = ids.get(key);
      if (id === undefined) {
        id = registerSchema(loaded(), subject, schemaText(model, version));
        ids.set(key, id);
        id.catch(() => ids.delete(key));
      }
      return id;
    },
  };
}

async function load(url: string, timeout: number): Promise<Library> {
  const [{ SchemaRegistry, SchemaType, COMPATIBILITY }, { default: avsc }] = await Promise.all([
    import('@kafkajs/confluent-schema-registry'),
    import('avsc'),
  ]);
  const { username, password } = new URL(url);
  const host = new URL(url);
  host.username = '';
  host.password = '';
  const auth = username === '' ? {} : { auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } };
  /** avsc forgets logical types that it isn't told of; of those we read this one differs from µs. */
  class Millis extends avsc.types.LogicalType {
    protected override _fromValue(value: unknown): unknown {
      return value;
    }
    protected override _toValue(value: unknown): unknown {
      return value;
    }
  }
  // The client sets no limit of its own, and lets all who ask for an id wait for one request.
  const limit: Middleware = () => ({ prepareRequest: async (next) => (await next()).enhance({ timeout }) });
  const client = new SchemaRegistry(
    { host: host.href.replace(/\/+$/, ''), clientId: 'metafold', ...auth, retry: { retries: 2 }, middlewares: [limit] },
    { [SchemaType.AVRO]: { logicalTypes: { 'timestamp-millis': Millis } } },
  );
  const { NONE, ...others } = COMPATIBILITY;
  return { client, levels: [NONE, ...Object.values(others)] };
}

async function findSchema(client: Client, schemaId: number): Promise<FoundSchema> {
  try {
    const type = (await client.getSchema(schemaId)) as { schema?: unknown };
    if (typeof type.schema !== 'function') return { kind: 'unknown', reason: `schema ${schemaId} is no Avro schema` };
    const schema = (type as { schema(options: object): unknown }).schema({ exportAttrs: true });
    return { kind: 'schema', schema: JSON.stringify(schema) };
  } catch (error) {
    const status = statusOf(error);
    // Without a status it was not the request that failed but avsc, on what came.
    if (status === undefined) return { kind: 'unknown', reason: `schema ${schemaId} is not usable: ${(error as Error).message}` };
    if (isSchemaNotFound(status, error)) return { kind: 'unknown', reason: `schema ${schemaId} is unknown to the registry` };
    throw new RegistryError(`schema ${schemaId} could not be fetched: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * A 404 of the registry, not of whatever answers at a wrong address: that one is an outage to be mended, or every framed record would go to
 * the dead letter. The library keeps of the answer's body only the message, and writes one of its own where the body has none.
 */
function isSchemaNotFound(status: number, error: unknown): boolean {
  return status === 404 && !/ - Error, status 404/.test((error as Error).message);
}

async function registerSchema(library: Promise<Library>, subject: string, schema: string): Promise<number> {
  const { client, levels } = await library;
  let last: unknown;
  for (const compatibility of levels) {
    try {
      return (await client.register({ type: 'AVRO' as never, schema }, { subject, compatibility })).id;
    } catch (error) {
      last = error;
      if ((error as Error).name !== 'ConfluentSchemaRegistryCompatibilityError') break;
    }
  }
  throw new RegistryError(`schema of ${subject} could not be registered: ${(last as Error).message}`, { cause: last });
}

/** HTTP status of the library's error; a connection that failed has one as well (400). */
function statusOf(error: unknown): number | undefined {
  const { status } = error as { status?: unknown };
  return typeof status === 'number' ? status : undefined;
}
