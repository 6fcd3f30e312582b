import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';
import { registerBinaryExists } from './binary-exists.js';
import { registerFind } from './find.js';
import { registerFindAll } from './find-all.js';
import { registerFeatureCounts } from './feature-counts.js';
import { registerFeatureTags } from './feature-tags.js';
import { registerFeatures } from './features.js';
import { registerBinaryNearby } from './binary-nearby.js';
import { registerBinaryTags } from './binary-tags.js';
import { registerBinary } from './binary.js';
import { registerGeneral } from './general.js';
import { registerPlugins } from './plugins.js';
import { registerProvenance } from './provenance.js';
import { registerSecurity } from './security.js';
import { registerSources } from './sources.js';
import { registerStatuses } from './statuses.js';
import { registerTerms } from './terms.js';
import { registerSimilar } from './similar.js';
import { registerUsers } from './users.js';

/** All routes by subject. The order does not matter: no two have the same path. */
export const routes: readonly ((api: Api, services: ApiServices) => void)[] = [
  registerUsers,
  registerSecurity,
  registerGeneral,
  registerBinaryExists,
  registerPlugins,
  registerStatuses,
  registerSources,
  registerFind,
  registerFindAll,
  registerTerms,
  registerProvenance,
  registerFeatures,
  registerFeatureCounts,
  registerFeatureTags,
  registerBinary,
  registerBinaryNearby,
  registerBinaryTags,
  registerSimilar,
];
