/** Answers about collections: always an object of msg, status and object, in that order (spec 07 §3). */
import type { FastifyReply } from 'fastify';

const JSON_TYPE = 'application/json; charset=utf-8';

/** A failure: the status is the HTTP code as well, the problems a list of texts. */
export class CollectionError extends Error {
  override readonly name = 'CollectionError';

  constructor(
    readonly status: number,
    readonly msg: string,
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(problems.join('; '), options);
  }
}

export const LAUNCH = 'Error Launching Query';
export const LOOK_UP = 'Lookup failed';

/** A request for a task that can't be had; its first entry is the message itself. */
export function launchError(status: number, problems: readonly string[]): CollectionError {
  return new CollectionError(status, LAUNCH, [LAUNCH, ...problems]);
}

export function lookUpError(status: number, problem: string): CollectionError {
  return new CollectionError(status, LOOK_UP, [problem]);
}

/** An answer. `status` other than 0 with HTTP 200: of a task, as its client reads it. */
export function send(reply: FastifyReply, object: unknown, status = 0, msg = ''): FastifyReply {
  return reply.type(JSON_TYPE).send(JSON.stringify({ msg, status, object }));
}

export function sendError(reply: FastifyReply, { status, msg, problems }: CollectionError): FastifyReply {
  return reply
    .code(status)
    .type(JSON_TYPE)
    .send(JSON.stringify({ msg, status, object: problems }));
}
