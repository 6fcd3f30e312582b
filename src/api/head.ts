import type { FastifyReply } from 'fastify';

/** Says yes to a HEAD request, with a length as the peer does: some clients wait for a body when nothing says that there is none. */
export function answerHead(reply: FastifyReply): FastifyReply {
  return reply.code(200).header('content-length', '0').send();
}
