/** One plugin registration to its document (spec 02 §5.4). */
import type { PluginEntity, PluginEntityFeature, PluginEvent, StringMap } from '../../schemas/events.js';
import { utcTime } from '../../schemas/time.js';
import { checkedId } from '../document-id.js';
import { folded, written } from '../fold-result.js';
import { freeForm } from '../free-form.js';
import { plainIndex } from '../index-names.js';
import { keyContribution } from '../key-contribution.js';
import { authorBody, documentLabels, normalisedLabel } from '../labels.js';
import { pythonJson } from '../python-json.js';
import { RefusalError } from '../refusal.js';
import type { ProjectionSettings } from '../settings.js';
import type { DocumentBody, DocumentWrite, FoldResult, StreamRecord } from '../types.js';

function featureBody(feature: PluginEntityFeature): DocumentBody {
  return { name: feature.name, type: feature.type, desc: feature.desc ?? '' };
}

/** The configuration as it stands; each value has to be JSON text as Python's `json.loads` takes it. */
function checkedConfig(raw: StringMap | undefined): StringMap | undefined {
  const config = freeForm(raw);
  if (config === undefined) return undefined;
  for (const [key, value] of Object.entries(config)) {
    try {
      pythonJson(value);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new RefusalError('BaseAzulException', `entity.config.${key} is ${JSON.stringify(value)}, expected JSON text: ${error.message}`);
    }
  }
  return config;
}

function entityBody(entity: PluginEntity, security: string): DocumentBody {
  return {
    name: entity.name,
    version: entity.version,
    category: entity.category,
    contact: entity.contact,
    description: entity.description,
    security,
    features: entity.features.length === 0 ? undefined : entity.features.map(featureBody),
    config: checkedConfig(entity.config),
  };
}

function pluginWrite(record: StreamRecord<PluginEvent>, settings: ProjectionSettings): DocumentWrite {
  const { event } = record;
  const policy = settings.security;
  const author = normalisedLabel(policy, event.author.security);
  const entity = normalisedLabel(policy, event.entity.security);
  const labels = documentLabels(policy, [author, entity]);
  return {
    index: plainIndex(settings.partition, 'plugin', policy.isOpen(labels.encoded)),
    id: checkedId(event.kafka_key),
    routing: undefined,
    body: {
      model_version: event.model_version,
      timestamp: utcTime(event.timestamp),
      author: authorBody(event.author, author),
      entity: entityBody(event.entity, entity),
      security: labels.security,
      encoded_security: labels.encoded,
    },
    contribution: keyContribution(record),
  };
}

/** Folds a plugin record. */
export function foldPlugin(record: StreamRecord<PluginEvent>, settings: ProjectionSettings): FoldResult {
  return folded(record.event.kafka_key, () => written(pluginWrite(record, settings)));
}
