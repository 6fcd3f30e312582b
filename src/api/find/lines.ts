/** Whole listings as lines of JSON (spec 04 §15): the next page is read when the caller has taken the one before. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { documentJson } from '../../../projections/json.js';
import type { DocumentBody } from '../../../projections/types.js';
import { ApiError } from '../api-error.js';
import { metaOf } from '../envelope.js';
import type { Page } from './page.js';

export const LINES_TYPE = 'application/x-ndjson';

export function wantsLines({ headers }: FastifyRequest): boolean {
  return headers.accept?.toLowerCase().includes(LINES_TYPE) ?? false;
}

export interface Listing<T> {
  /** Read already: what is wrong with the request is known before the answer begins. */
  readonly first: Page<T>;
  /** The page after that text. */
  readonly next: (after: string) => Promise<Page<T>>;
  /** The last line. */
  readonly end: () => object;
  /** The line in place of the last when it broke off; undefined when nobody listens any more. */
  readonly broken: (error: unknown) => object | undefined;
}

function line(value: object): string {
  return `${documentJson(value as DocumentBody)}\n`;
}

/** The lines of one page at a time. Never throws. */
export async function* listingLines<T extends object>({ first, next, end, broken }: Listing<T>): AsyncGenerator<string> {
  try {
    for (let page = first; page.after !== undefined; page = await next(page.after)) yield page.items.map(line).join('');
    yield line(end());
  } catch (error) {
    const last = broken(error);
    if (last !== undefined) yield line(last);
  }
}

/** A page at most waits for the caller, and one is on its way. */
export function linesStream(lines: AsyncIterable<string>): Readable {
  return Readable.from(lines, { highWaterMark: 1 });
}

function errorLine(error: unknown): object {
  if (!(error instanceof ApiError)) return { error: { ref: '', message: 'Internal Server Error' } };
  return { error: 'message' in error.body ? error.body : { ref: '', message: error.message } };
}

/** Answers with the page, or with all pages from it on when the caller wants lines. */
export function sendLines<T extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  pages: Pick<Listing<T>, 'first' | 'next'>,
): FastifyReply {
  const lines = listingLines({
    ...pages,
    end: () => ({ meta: metaOf(request) }),
    broken: (error) => {
      if (request.left.signal.aborted) return undefined;
      request.log.warn({ err: error, request: request.id }, 'a listing broke off');
      return errorLine(error);
    },
  });
  return reply.type(LINES_TYPE).send(linesStream(lines));
}
