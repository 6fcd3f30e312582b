/** Tags as answers hold them (spec 04 §3). */
import Type from 'typebox';

export const EntityTagModel = Type.Object({
  sha256: Type.String(),
  tag: Type.String(),
  type: Type.String({ enum: ['entity_tag'] }),
  owner: Type.Optional(Type.String()),
  timestamp: Type.String(),
  security: Type.String(),
  num_entities: Type.Optional(Type.Integer({ minimum: 0 })),
});
