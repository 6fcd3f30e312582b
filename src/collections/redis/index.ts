/** The Redis of collections. */
export { openKeyStore } from './store.js';
export { StoreOutage, StoreRefusal, type ServerOptions } from '../../redis/index.js';
