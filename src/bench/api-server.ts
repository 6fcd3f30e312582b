/** `metafold serve` as a process of its own, as long as something is measured. */
import { join } from 'node:path';
import { freePort, startChild } from '../start/child.js';
import { untilServed } from '../start/children.js';

export interface ServerOptions {
  /** Where its log goes. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Runs `metafold serve`, for callers who may read everything, while the body lasts. */
export async function withServer<T>(
  environment: NodeJS.ProcessEnv,
  { folder, signal }: ServerOptions,
  body: (origin: string) => Promise<T>,
): Promise<T> {
  const port = await freePort(0);
  const env = {
    ...environment,
    RESTAPI_HOST: '127.0.0.1',
    RESTAPI_PORT: String(port),
    RESTAPI_SECURITY: 'none',
    METAFOLD_LABEL_SOURCE: 'all',
    METAFOLD_API_RATE_LIMIT: '0',
  };
  const server = startChild('serve', env, join(folder, 'serve.log'));
  const origin = `http://127.0.0.1:${port}`;
  try {
    return await Promise.race([server.died, untilServed(`${origin}/api`, signal).then(() => body(origin))]);
  } finally {
    await server.end();
  }
}
