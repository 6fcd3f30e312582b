/**
 * Tokens of a term (spec 05 §1.2). Which of them can stand at a place depends on the token before (§1.3), so the lexer has a mode for each kind of place
 * and every token names the mode that follows it. Where a mode takes more than the grammar does, the parser refuses the same token at the same column.
 */
import { createToken, Lexer, type IToken, type TokenType } from 'chevrotain';
import { quotedEnd } from './strings.js';

/** What a mode follows. */
type Mode = 'start' | 'parenthesis' | 'blank' | 'colon' | 'comparison' | 'complete';

const WORD = /(?![Oo][Rr])(?![Aa][Nn][Dd])[a-zA-Z0-9_*?@#$][a-zA-Z0-9.\-_*?@#$]*/;
const WORD_GOES_ON = '(?![a-zA-Z0-9.\\-_*?@#$])';
const NUMBER = /[+-]?(?:[0-9]+[eE][+-]?[0-9]+|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+)/;
const BLANK = /[ \t\f\r\n]+/;
const COMPARISON = /:(?:=|>=?|<=?)/;

function token(name: string, pattern: RegExp, next: Mode, categories: TokenType[] = []): TokenType {
  return createToken({ name, pattern, categories, push_mode: next });
}

function category(name: string): TokenType {
  return createToken({ name, pattern: Lexer.NA });
}

/** Keywords that are words but for the exact spelling. */
function wholeWord(...spellings: string[]): RegExp {
  return new RegExp(`(?:${spellings.join('|')})${WORD_GOES_ON}`);
}

function quoted(name: string, quote: string): TokenType {
  const match = (text: string, offset: number): [string] | null => {
    const end = text[offset] === quote ? quotedEnd(text, offset) : undefined;
    return end === undefined ? null : [text.slice(offset, end)];
  };
  return createToken({
    name,
    pattern: match,
    categories: [Text],
    push_mode: 'complete',
    line_breaks: false,
    start_chars_hint: [quote],
  });
}

export const Text = category('Text');
export const Operator = category('Operator');
export const To = category('To');

export const Word = token('Word', WORD, 'complete', [Text]);
export const DoubleQuoted = quoted('DoubleQuoted', '"');
export const SingleQuoted = quoted('SingleQuoted', "'");
export const NumberToken = token('Number', NUMBER, 'complete');
export const Size = token('Size', /(?:[TtGgMmKk][Ii]?)?[Bb]/, 'complete');
export const Blank = token('Blank', BLANK, 'blank');
export const Not = token('Not', wholeWord('NOT', 'not', 'Not'), 'complete');
export const Bang = token('Bang', /!/, 'start');
export const And = token('And', /AND|and|And/, 'complete', [Operator]);
export const Or = token('Or', /OR|or|Or/, 'complete', [Operator]);
export const DocAnd = token('DocAnd', wholeWord('DOCAND', 'docand', 'DocAnd', 'Docand'), 'complete', [Operator]);
/** Directly after a number nothing else can begin there, so that `[1TO5]` is a range; after a blank `to5` is a word. */
const ToDirect = token('ToDirect', /TO|to/, 'comparison', [To]);
const ToWord = token('ToWord', wholeWord('TO', 'to'), 'comparison', [To]);
/** Of a group, or of a range without a key. */
export const Parenthesis = token('Parenthesis', /\(/, 'parenthesis');
/** Of the range of a key. */
export const ValueParenthesis = token('ValueParenthesis', /\(/, 'comparison');
export const Bracket = token('Bracket', /\[/, 'comparison');
export const CloseParenthesis = token('CloseParenthesis', /\)/, 'complete');
export const CloseBracket = token('CloseBracket', /\]/, 'complete');
export const Colon = token('Colon', /:/, 'colon');
export const Comparison = token('Comparison', COMPARISON, 'comparison');

const ITEMS = [DoubleQuoted, SingleQuoted, Not, Word, Bang, Parenthesis, Bracket];

/** Tried in this order. */
const MODES: Record<Mode, TokenType[]> = {
  start: [Blank, ...ITEMS],
  parenthesis: [Blank, NumberToken, ...ITEMS],
  blank: [NumberToken, ToWord, DocAnd, And, Or, ...ITEMS, CloseParenthesis, CloseBracket],
  colon: [Blank, DoubleQuoted, SingleQuoted, Word, ValueParenthesis, Bracket, CloseParenthesis],
  comparison: [Blank, NumberToken, ValueParenthesis, Bracket],
  complete: [Blank, ToDirect, Size, Comparison, Colon, CloseParenthesis, CloseBracket],
};

export const TOKENS: TokenType[] = [...new Set([Text, Operator, To, ...Object.values(MODES).flat()])];

const lexer = new Lexer({ modes: MODES, defaultMode: 'start' }, { positionTracking: 'onlyOffset', recoveryEnabled: false });

export interface Lexed {
  readonly tokens: IToken[];
  /** UTF-16 offset of the first character that no token can begin with at its place. */
  readonly stoppedAt: number | undefined;
}

export function lexTerm(text: string): Lexed {
  const { tokens, errors } = lexer.tokenize(text);
  return { tokens, stoppedAt: errors[0]?.offset };
}

const ANYWHERE = new RegExp(
  [BLANK, NUMBER, WORD, /AND|and|And|OR|or|Or/, COMPARISON, /[()[\]!:]/].map(({ source }) => source).join('|'),
  'y',
);

/** The token that could begin there at some other place, or undefined. */
export function tokenAnywhere(text: string, unit: number): string | undefined {
  const first = text[unit];
  if (first === '"' || first === "'") {
    const end = quotedEnd(text, unit);
    return end === undefined ? undefined : text.slice(unit, end);
  }
  ANYWHERE.lastIndex = unit;
  return ANYWHERE.exec(text)?.[0];
}
