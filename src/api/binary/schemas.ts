/** Schemas of what is answered about one binary (spec 04 §3, 6.7). */
import Type from 'typebox';
import { DETAILS } from './details.js';

const Text = Type.String();
const Texts = Type.Array(Type.String());
const Free = Type.Object({}, { additionalProperties: true });
const ACTIONS = ['sourced', 'extracted', 'augmented', 'mapped', 'enriched'];

export const Detail = Type.String({ enum: [...DETAILS] });
export const Action = Type.String({ enum: ACTIONS });

const Author = Type.Object({
  security: Type.Optional(Text),
  category: Text,
  name: Text,
  version: Type.Optional(Text),
});

const PathNodeModel = Type.Object({
  sha256: Text,
  action: Action,
  timestamp: Text,
  author: Author,
  relationship: Type.Optional(Free),
  file_format: Type.Optional(Text),
  size: Type.Optional(Type.Integer({ minimum: 0, description: 'in bytes' })),
  filename: Type.Optional(Text),
  language: Type.Optional(Text),
  track_link: Type.Optional(Text),
});

const EventSourceModel = Type.Object({
  security: Type.Optional(Text),
  name: Text,
  timestamp: Type.Optional(Text),
  references: Type.Optional(Free),
  settings: Type.Optional(Free),
  track_source_references: Type.Optional(Text),
});

const TagFields = {
  tag: Text,
  type: Text,
  owner: Type.Optional(Text),
  timestamp: Text,
  security: Text,
};

export const EntityTagModel = Type.Object({
  ...TagFields,
  sha256: Text,
  num_entities: Type.Optional(Type.Integer({ description: 'binaries with this tag' })),
});

const FeatureValueTagModel = Type.Object({ ...TagFields, feature_name: Text, feature_value: Text });

export const AllTagsModel = Type.Object({
  tags: Type.Array(Type.Object({ tag: Text, num_entities: Type.Integer(), num_entities_approx: Type.Boolean() })),
  num_tags: Type.Integer(),
  num_tags_approx: Type.Boolean(),
});

const OptionalText = Type.Optional(Text);

const FeatureModel = Type.Object({
  name: Text,
  type: Type.String({ enum: ['integer', 'float', 'string', 'binary', 'datetime', 'filepath', 'uri'] }),
  value: Text,
  label: Texts,
  parts: Type.Object({
    location: Type.Optional(Type.Array(Type.Array(Type.Integer()), { description: 'first and last byte' })),
    integer: OptionalText,
    float: OptionalText,
    datetime: OptionalText,
    binary_string: OptionalText,
    scheme: OptionalText,
    netloc: OptionalText,
    filepath: OptionalText,
    filepath_unix: Type.Optional(Texts),
    filepath_unixr: Type.Optional(Texts),
    params: OptionalText,
    query: OptionalText,
    fragment: OptionalText,
    username: OptionalText,
    password: OptionalText,
    hostname: OptionalText,
    ip: OptionalText,
    port: Type.Optional(Type.Integer()),
  }),
  instances: Texts,
  tags: Type.Optional(Type.Array(FeatureValueTagModel)),
});

const StreamModel = Type.Object(
  { sha256: Text, label: Texts, instances: Texts, size: Type.Optional(Type.Integer()), identify_version: Type.Optional(Type.Integer()) },
  { additionalProperties: true, description: 'hashes and types of the stream beside these' },
);

export const BinarySummaryModel = Type.Object({
  documents: Type.Object({ count: Type.Integer(), newest: OptionalText }),
  security: Type.Optional(Texts),
  sources: Type.Optional(
    Type.Array(Type.Object({ source: Text, direct: Type.Array(EventSourceModel), indirect: Type.Array(EventSourceModel) })),
  ),
  features: Type.Optional(Type.Array(FeatureModel)),
  info: Type.Optional(Type.Array(Type.Object({ info: Free, instance: Text }))),
  streams: Type.Optional(Type.Array(StreamModel)),
  instances: Type.Optional(
    Type.Array(Type.Object({ key: Text, author: Author, action: Action, num_feature_values: Type.Integer({ minimum: 0 }) })),
  ),
  parents: Type.Optional(Type.Array(PathNodeModel)),
  children: Type.Optional(Type.Array(PathNodeModel)),
  tags: Type.Optional(Type.Array(EntityTagModel)),
  diagnostics: Type.Optional(
    Type.Array(Type.Object({ severity: Type.String({ enum: ['info', 'warning', 'error'] }), id: Text, title: Text, body: Text })),
  ),
});

export const NearbyModel = Type.Object({
  id_focus: Text,
  links: Type.Array(
    Type.Object({
      id: Text,
      child: Text,
      parent: OptionalText,
      child_node: PathNodeModel,
      source: Type.Optional(EventSourceModel),
    }),
  ),
});
