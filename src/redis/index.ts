/** Redis, one server or a cluster, as collections and the API's result cache use it. */
export { StoreOutage, StoreRefusal } from './errors.js';
export { inTime } from './in-time.js';
export { runCommands, type BeforeSending, type RedisCommand, type Script } from './pipelines.js';
export { readKeys } from './read-keys.js';
export { openServers, type ServerOptions, type Servers } from './servers.js';
