export {
  gatherWithStack,
  loadConfig,
  type BaseConfig,
  type Config,
  type KafkaConfig,
  type LoadOptions,
  type LogLevel,
  type OpenSearchConfig,
  type Section,
  type Sections,
  type WorkerConfig,
} from './config.js';
export type { ApiConfig } from './api.js';
export type { RedisConfig, RedisTls } from './redis.js';
export { maskedSettings, type ShownSetting } from './mask.js';
export { readValues, type Environment } from './raw.js';
export type { SourceReference, SourceSettings } from './sources.js';
