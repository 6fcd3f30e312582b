import type { ServiceName } from '../layout.js';
import { kafkaService } from './kafka.js';
import { opensearchService } from './opensearch.js';
import { redisService } from './redis.js';
import { registryService } from './registry.js';
import type { Service } from './types.js';

export type { Service, ServiceContext } from './types.js';

export const services: Readonly<Record<ServiceName, Service>> = {
  kafka: kafkaService,
  opensearch: opensearchService,
  registry: registryService,
  redis: redisService,
};
