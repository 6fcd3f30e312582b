/**
 * The local stack: real Kafka, OpenSearch, schema registry and Redis, run as plain processes on 127.0.0.1 for quick starts, tests
 * and benchmarks. Artifacts come through Maven, PyPI and Debian (`artifacts.ts`), live in a cache folder (`install.ts`), and are
 * started once per data folder, where `stack.json` remembers their pids (`state.ts`).
 */
export { findRunningStack, signalService } from './discover.js';
export { stackDown } from './down.js';
export { exportLines, shellQuote } from './env.js';
export { StackError } from './errors.js';
export { installStack } from './install.js';
export { defaultCacheFolder, defaultDataFolder, parseServices, type ServiceName, serviceNames } from './layout.js';
export { type StackOptions } from './options.js';
export { type Progress, type ProgressUpdate } from './progress.js';
export { type ServiceStatus, stackEnv, stackStatus, type StackStatus } from './status.js';
export { stackUp } from './up.js';
