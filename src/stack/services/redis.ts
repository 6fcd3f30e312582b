import { probeRedis } from '../probes.js';
import { serverEnvironment } from './environment.js';
import type { Service } from './types.js';

/**
 * Redis without snapshots but with a log of its writes: the offsets of a fold live on in Kafka when the stack is stopped, so what
 * was folded up to them must live on too.
 */
export const redisService: Service = {
  name: 'redis',
  title: 'Redis',
  needs: [],
  graceMs: 10_000,
  prepare: ({ installation, folder, ports }) =>
    Promise.resolve({
      command: installation.redis,
      args: [
        '--port',
        String(ports.redis),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'yes',
        '--dir',
        folder,
        '--daemonize',
        'no',
      ],
      cwd: folder,
      env: serverEnvironment(folder),
    }),
  probe: (ports) => probeRedis(ports.redis),
};
