/** Parameters that many routes take. */
import Type from 'typebox';

export const sha256Path = Type.Object({ sha256: Type.String({ pattern: '^[a-fA-F0-9]{64}$', description: 'SHA-256 of a binary' }) });
