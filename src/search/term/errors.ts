/** What is wrong with a term, and the peer's names for it (spec 05 §1.7). */
import { positionAt, type Position } from './position.js';
import type { EscapeFault } from './strings.js';

/** token and character: syntax; escape: inside quotes; range: a range without a key; tag: `binary.tag` or `feature.tag` used wrongly or not found. */
export type TermErrorKind = 'token' | 'character' | 'escape' | 'range' | 'tag';

/** The peer's code names, its spelling kept. */
export type TermErrorCode =
  | 'MetastoreBinaryFindFaildToParseSearchTerm'
  | 'MetastoreFailedToParseTermQuery'
  | 'MetastoreSearchQuerySearchForImplicitShouldBeLiteral'
  | 'MetastoreSearchQueryInvalidUnescapeSequence'
  | 'MetastoreSearchQueryUnterminatedEscapeAtEnd'
  | 'MetastoreSearchQueryTagSearchNotOnStringValue'
  | 'MetastoreSearchQueryTagSearchNotWithEquals'
  | 'MetastoreFindBinaryInvalidSearch';

export interface TermFault {
  readonly kind: TermErrorKind;
  readonly code: TermErrorCode;
  /** What is wrong, without the place. */
  readonly reason: string;
  readonly position: Position;
  /** The message; by default the reason with the place. */
  readonly message?: string;
  /** What could have stood there instead, each in words. */
  readonly expected?: readonly string[];
}

const SYNTAX = 'MetastoreBinaryFindFaildToParseSearchTerm';
const NOT_FOUND = 'MetastoreFindBinaryInvalidSearch';

/** A term that cannot be searched for; the answer to it is status 400. */
export class TermError extends Error {
  override readonly name = 'TermError';
  readonly kind: TermErrorKind;
  /** Of syntax errors the code that find has; see `termFailure`. */
  readonly code: TermErrorCode;
  readonly reason: string;
  /** From 1. */
  readonly line: number;
  /** In code points from the start of the line, from 1. */
  readonly column: number;
  readonly expected: readonly string[];

  constructor(fault: TermFault) {
    const { line, column } = fault.position;
    super(fault.message ?? `${fault.reason} at line ${line}, column ${column}`);
    this.kind = fault.kind;
    this.code = fault.code;
    this.reason = fault.reason;
    this.line = line;
    this.column = column;
    this.expected = fault.expected ?? [];
  }
}

function wordList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}

function expectation(expected: readonly string[]): string {
  return expected.length === 0 ? '' : `, expected ${wordList(expected)}`;
}

/** Something stands where it can't; at the end of the text `token` is empty and the offset is that of the last token. */
export function tokenError(text: string, offset: number, token: string, expected: readonly string[]): TermError {
  const position = positionAt(text, offset);
  const early = token === '' ? ' (the term ends too early)' : '';
  const message = `Unexpected token '${token}' at line ${position.line}, column ${position.column}${early}${expectation(expected)}`;
  return new TermError({ kind: 'token', code: SYNTAX, reason: `Unexpected token '${token}'`, message, position, expected });
}

/** A character begins nothing of the language. */
export function characterError(text: string, offset: number, character: string, expected: readonly string[]): TermError {
  const position = positionAt(text, offset);
  const reason = `No terminal matches '${character}'`;
  const message = `${reason} at line ${position.line} col ${position.column}${expectation(expected)}`;
  return new TermError({ kind: 'character', code: SYNTAX, reason, message, position, expected });
}

/** A backslash in quotes that stands before nothing, or before a character that needs none; `offset` is that of the string. */
export function escapeError(text: string, offset: number, fault: EscapeFault): TermError {
  const position = positionAt(text, offset);
  if (fault.fault === 'end') {
    const reason = 'Unterminated escape at end of string';
    return new TermError({ kind: 'escape', code: 'MetastoreSearchQueryUnterminatedEscapeAtEnd', reason, position });
  }
  const reason = `Invalid escape character: ${fault.character}`;
  return new TermError({ kind: 'escape', code: 'MetastoreSearchQueryInvalidUnescapeSequence', reason, position });
}

/** The syntax is right but more than what is taken, such as a number beyond all bounds. */
export function limitError(text: string, offset: number, reason: string): TermError {
  return new TermError({ kind: 'token', code: SYNTAX, reason, position: positionAt(text, offset) });
}

/** A tag that no readable annotation has. Its message is contract and names no place. */
export function missingTagError(text: string, offset: number, message: string): TermError {
  return new TermError({ kind: 'tag', code: NOT_FOUND, reason: message, message, position: positionAt(text, offset) });
}

export interface TermFailure {
  readonly code: TermErrorCode;
  readonly message: string;
}

/** Code and message of the error's answer, by endpoint: `find` is `/v0/binaries` and what answers like it, `all` is `/v0/binaries/all`. `term` as received. */
export function termFailure(error: TermError, endpoint: 'find' | 'all', term: string): TermFailure {
  if (error.code === NOT_FOUND) return { code: error.code, message: error.message };
  if (endpoint === 'find') return { code: error.code, message: `Failed to parse term '${term}': ${error.message}` };
  return {
    code: error.code === SYNTAX ? 'MetastoreFailedToParseTermQuery' : error.code,
    message: `Failed to parse term: ${error.message}`,
  };
}
