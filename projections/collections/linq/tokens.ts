/** The lexemes of LINQ (spec 07 §12), first match. */
import { createToken, Lexer, type IToken, type TokenType } from 'chevrotain';
import { LinqError } from './errors.js';

const skipped = (name: string, pattern: RegExp, lineBreaks: boolean): TokenType =>
  createToken({ name, pattern, group: Lexer.SKIPPED, line_breaks: lineBreaks });

const Blank = skipped('Blank', /[ \t\r\n\f\v\u00a0\ufeff]+/, true);
const LineComment = skipped('LineComment', /\/\/[^\r\n]*/, false);
const BlockComment = skipped('BlockComment', /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//, true);

export const Ip4 = createToken({ name: 'Ip4', pattern: /\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/, label: 'address' });
export const Duration = createToken({ name: 'Duration', pattern: /\d+(?:ms|s|m|h|d|w)/, label: 'period' });
export const Float = createToken({ name: 'Float', pattern: /\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/, label: 'number' });
export const Int = createToken({ name: 'Int', pattern: /\d+/, label: 'integer' });
export const Text = createToken({
  name: 'Text',
  pattern: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/,
  label: 'string',
});
export const QuotedId = createToken({ name: 'QuotedId', pattern: /`[^`\r\n]+`/, label: 'name' });
export const Id = createToken({ name: 'Id', pattern: /[A-Za-z_]\w*/, label: 'name' });

const keyword = (word: string): TokenType =>
  createToken({ name: `Keyword_${word}`, pattern: new RegExp(word, 'i'), longer_alt: Id, label: `'${word}'` });

export const From = keyword('from');
export const WhereWord = keyword('where');
export const SelectWord = keyword('select');
export const GroupWord = keyword('group');
export const Every = keyword('every');
export const By = keyword('by');
export const Limit = keyword('limit');
export const Pragma = keyword('pragma');
export const As = keyword('as');
export const And = keyword('and');
export const Or = keyword('or');
export const NotWord = keyword('not');
export const In = keyword('in');
export const True = keyword('true');
export const False = keyword('false');
export const Null = keyword('null');

const sign = (name: string, pattern: string): TokenType => createToken({ name, pattern, label: `'${pattern}'` });

/** Comparisons are one type: each stands at the same place. */
export const Compare = createToken({ name: 'Compare', pattern: /->|<-|\/=|!=|<=|>=|=|<|>/, label: 'comparison' });
export const Plus = sign('Plus', '+');
export const Minus = sign('Minus', '-');
export const Star = sign('Star', '*');
export const Divide = createToken({ name: 'Divide', pattern: /\/|%/, label: "'/'" });
export const Comma = sign('Comma', ',');
export const Dot = sign('Dot', '.');
export const Colon = sign('Colon', ':');
export const Open = sign('Open', '(');
export const Close = sign('Close', ')');

/** Beginnings of what does not end as it should: they match only where the whole does not. */
const BadText = createToken({ name: 'BadText', pattern: '"' });
const BadComment = createToken({ name: 'BadComment', pattern: '/*' });

export const TOKENS: TokenType[] = [
  Blank,
  LineComment,
  BlockComment,
  BadComment,
  Ip4,
  Duration,
  Float,
  Int,
  Text,
  BadText,
  QuotedId,
  From,
  WhereWord,
  SelectWord,
  GroupWord,
  Every,
  By,
  Limit,
  Pragma,
  As,
  And,
  Or,
  NotWord,
  In,
  True,
  False,
  Null,
  Id,
  Compare,
  Plus,
  Minus,
  Star,
  Divide,
  Comma,
  Dot,
  Colon,
  Open,
  Close,
];

const lexer = new Lexer(TOKENS, { positionTracking: 'onlyOffset' });

/** The tokens of a query. Throws the first lexical error: it wins over whatever syntax has before it. */
export function tokenise(query: string): IToken[] {
  const { tokens, errors } = lexer.tokenize(query);
  const bad = tokens.find(({ tokenType }) => tokenType === BadText || tokenType === BadComment);
  const [error] = errors;
  if (error !== undefined && (bad === undefined || error.offset < bad.startOffset)) {
    const character = String.fromCodePoint(query.codePointAt(error.offset)!);
    throw new LinqError('LINQ_LEX', `unexpected character '${character}'`, query, error.offset);
  }
  if (bad === undefined) return tokens;
  const what = bad.tokenType === BadText ? 'unterminated or malformed string' : 'unterminated comment';
  throw new LinqError('LINQ_LEX', what, query, bad.startOffset);
}
