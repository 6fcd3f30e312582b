/** From the text of a term to its nodes (spec 05 §1). */
import { EOF, type IToken } from 'chevrotain';
import { isWhitespace } from '../../../projections/whitespace.js';
import type { ParsedTerm } from './ast.js';
import { characterError, tokenError, type TermError } from './errors.js';
import { expectedAfter } from './expected.js';
import { limitDepth } from './logic.js';
import type { Source } from './nodes.js';
import { parseTokens } from './parser.js';
import { offsetsOf } from './position.js';
import { lexTerm, tokenAnywhere } from './tokens.js';

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Nothing of the language goes on at a UTF-16 offset. */
function misplaced({ text, offsetOf }: Source, unit: number, before: readonly IToken[]): TermError {
  const token = tokenAnywhere(text, unit);
  if (token !== undefined) return tokenError(text, offsetOf(unit), token, expectedAfter(before));
  return characterError(text, offsetOf(unit), String.fromCodePoint(text.codePointAt(unit)!), expectedAfter(before));
}

/**
 * Parses a term. Undefined when it is blank, which asks for nothing. Throws TermError of kind token, character or escape; a range without a key and
 * tags used wrongly are found out by `tagKeys` and `translateTerm`, because autocomplete takes them.
 */
export function parseTerm(text: string): ParsedTerm | undefined {
  const trimmed = trimEnd(text);
  if (trimmed === '') return undefined;
  const source: Source = { text: trimmed, offsetOf: offsetsOf(trimmed) };
  const { tokens, stoppedAt } = lexTerm(trimmed);
  const parsed = parseTokens(tokens, source);
  if ('rejected' in parsed && parsed.rejected.tokenType !== EOF) {
    const unit = parsed.rejected.startOffset;
    throw misplaced(
      source,
      unit,
      tokens.filter((token) => token.startOffset < unit),
    );
  }
  if (stoppedAt !== undefined) throw misplaced(source, stoppedAt, tokens);
  // The peer names the place of the last token where the text ends too early.
  if ('rejected' in parsed) throw tokenError(trimmed, source.offsetOf(tokens.at(-1)!.startOffset), '', expectedAfter(tokens));
  const term: ParsedTerm = { text: trimmed, root: parsed.root };
  limitDepth(term);
  return term;
}
