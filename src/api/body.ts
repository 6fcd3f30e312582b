/** Request bodies: JSON or nothing (spec 04 §2.5). */
import type { FastifyInstance } from 'fastify';
import { pythonFloat } from '../../projections/python-json.js';
import { JsonNumber, JsonObject, parseJson, type JsonValue } from '../../schemas/json-text.js';
import { detailed, type ApiError } from './api-error.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Numbers in the body become texts as Python writes them: where texts are asked for, numbers are taken as well. */
    readonly numberTexts?: boolean;
  }
}

/** Nesting that no request of this API needs. */
const MAX_DEPTH = 64;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Parses JSON whatever the type of the content says, as long as it does not say that it is something else. */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, text, done) => {
    try {
      const { numberTexts = false } = request.routeOptions.config;
      done(null, parseBody(request.headers['content-type'], text as string, numberTexts));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}

/** Throws the 422 of the peer for text that is not JSON, and for nesting deeper than any body needs. */
export function parseBody(contentType: string | undefined, text: string, numberTexts = false): unknown {
  if (text === '') return undefined;
  if (contentType !== undefined && contentType !== '' && !JSON_TYPE.test(contentType)) {
    throw notAnObject();
  }
  const tooDeep = depthExceeded(text);
  if (tooDeep !== undefined) throw notJson(tooDeep, `nested deeper than ${MAX_DEPTH} levels`);
  try {
    return numberTexts ? withNumberTexts(parseJson(text)) : (JSON.parse(text) as unknown);
  } catch (error) {
    throw notJson(errorOffset(text), (error as Error).message);
  }
}

/** The refusal of a body of another type than JSON. */
export function notAnObject(): ApiError {
  const msg = 'Input should be a valid dictionary or object to extract fields from';
  return detailed(422, [{ type: 'model_attributes_type', loc: ['body'], msg, input: null }]);
}

/** A number as it was given: a double could hold `12345678901234567890` or `5.0` only as another text. */
function numberText(text: string): string {
  if (/^-?[0-9]+$/.test(text)) return text === '-0' ? '0' : text;
  const value = Number(text);
  return Number.isFinite(value) ? pythonFloat(value) : text;
}

function withNumberTexts(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return numberText(value.text);
  if (Array.isArray(value)) return value.map(withNumberTexts);
  if (!(value instanceof JsonObject)) return value;
  return Object.fromEntries(Array.from(value.entries, ([name, member]) => [name, withNumberTexts(member)]));
}

/** The engine does not always say where. */
function errorOffset(text: string): number {
  try {
    parseJson(text);
  } catch (error) {
    return Number(/offset ([0-9]+)/.exec((error as Error).message)?.[1] ?? text.length);
  }
  return text.length;
}

function notJson(position: number, error: string): Error {
  return detailed(422, [{ type: 'json_invalid', loc: ['body', position], msg: 'JSON decode error', input: {}, ctx: { error } }]);
}

/** Where the text goes deeper than allowed; brackets within strings do not count. */
function depthExceeded(text: string): number | undefined {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return index;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return undefined;
}
