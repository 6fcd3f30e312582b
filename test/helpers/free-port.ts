/** Ports for servers that a test starts itself. */
import { createServer } from 'node:net';

const [LOWEST, HIGHEST] = [20_000, 45_000];

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port that nobody listens on, and neither so many above it. */
export async function freePort(above = 0): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if ((await isFree(port)) && (above === 0 || (await isFree(port + above)))) return port;
  }
}
