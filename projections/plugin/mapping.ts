import { AUTHOR, BOOLEAN, fields, INTEGER, KEYWORD, object, openObject, rootMapping, type Mapping } from '../mapping.js';

/** Mapping of `plugin` (spec 02 §2.4). */
export const PLUGIN_MAPPING: Mapping = rootMapping({
  model_version: INTEGER,
  author: AUTHOR,
  entity: object({
    ...fields(['category', 'name', 'version', 'contact', 'description', 'security'], KEYWORD),
    features: object(fields(['name', 'type', 'desc', 'tags'], KEYWORD)),
    config: openObject({ is_processing_download_events: BOOLEAN }),
  }),
});
