/** Answers from settings alone: the same until a restart, so a client may keep them and ask whether they still hold (spec 04 §15). */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { answers } from './answers.js';

/** The answers of a route that sends what is kept; see `answers`. */
export function keptAnswers(ok: TSchema, missing?: string): Readonly<Record<number, TSchema>> {
  return { ...answers(ok, missing), 304: Type.Null({ description: 'what the ETag names still holds' }) };
}

/** Sends the text with its ETag, or 304 when the client has it. */
export function sendKept(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  void reply.headers({ etag, 'cache-control': 'private, no-cache' });
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (known?.includes(etag) === true || known?.includes('*') === true) return reply.code(304).send();
  return reply.type('application/json; charset=utf-8').send(text);
}
