/** Authors, plugins and statuses as answers show them (spec 04 §3). */
import Type from 'typebox';

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const TextOrNull = orNull(Type.String());

export const Author = Type.Object({
  security: Type.Optional(Type.String()),
  category: Type.String(),
  name: Type.String(),
  version: Type.Optional(TextOrNull),
});

const Config = Type.Object({}, { additionalProperties: true, description: 'settings; each value is JSON text' });

/** As it was registered. */
export const PluginEntity = Type.Object({
  category: Type.String(),
  name: Type.String(),
  version: Type.Optional(Type.String()),
  contact: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  features: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), desc: Type.Optional(Type.String()), type: Type.Optional(Type.String()) })),
  ),
  config: Type.Optional(Config),
  security: Type.String(),
});

/** With every field; null for what is not there. */
export const FullPluginEntity = Type.Object({
  category: Type.String(),
  name: Type.String(),
  version: TextOrNull,
  contact: TextOrNull,
  last_completion: Type.Null(),
  stats: Type.Null(),
  description: TextOrNull,
  features: orNull(Type.Array(Type.Object({ name: Type.String(), desc: TextOrNull, tags: Type.Null(), type: TextOrNull }))),
  config: orNull(Config),
  security: Type.String(),
});

const plugin = {
  versions: Type.Array(Type.String(), { description: 'newest first' }),
  newest_version: FullPluginEntity,
};
export const PluginSummary = Type.Object(plugin);

export const PluginActivity = Type.Object({
  ...plugin,
  last_completion: TextOrNull,
  success_count: Type.Integer({ description: 'of the newest version, in the last 7 days' }),
  error_count: Type.Integer(),
});

export const StatusEvent = Type.Object({
  timestamp: Type.String({ description: '"" for a task that is only expected' }),
  author: Author,
  entity: Type.Object({
    status: Type.String(),
    error: Type.Optional(Type.String()),
    message: Type.Optional(Type.String()),
    runtime: Type.Optional(Type.Number({ description: 'seconds' })),
    input: Type.Object({ entity: Type.Object({ sha256: Type.String() }) }),
  }),
  completed: Type.Optional(Type.Integer({ description: 'how often the author succeeded on this binary' })),
  security: Type.String(),
});

export const PluginVersion = Type.Object({
  num_entities: Type.Integer({ description: 'binaries with results of this version' }),
  plugin: PluginEntity,
  status: Type.Array(
    Type.Object({
      status: Type.String(),
      num_items: Type.Integer({ description: 'binaries' }),
      items: Type.Array(StatusEvent, { description: 'the newest of each binary, newest first' }),
    }),
  ),
});
