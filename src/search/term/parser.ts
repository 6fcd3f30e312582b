/**
 * The grammar (spec 05 §1.4). One token of lookahead is enough for every decision, so the token that fails is the first that can't stand at its place.
 */
import { EmbeddedActionsParser, type IToken, type ParserMethod } from 'chevrotain';
import type { LogicType, TermNode } from './ast.js';
import { joinItems, MAX_DEPTH, negateItem, tooDeep, type Item } from './logic.js';
import * as N from './nodes.js';
import * as T from './tokens.js';

type Rule<R, A extends unknown[] = []> = ParserMethod<A, R>;

function operatorOf(token: IToken): LogicType {
  return token.tokenType === T.And ? 'and' : token.tokenType === T.Or ? 'or' : 'docand';
}

/** The library makes parsers by inheritance: rules are fields, which it calls once at the start to learn the grammar, without what stands in `ACTION`. */
class TermParser extends EmbeddedActionsParser {
  private source: N.Source = { text: '', offsetOf: (unit) => unit };
  private openGroups = 0;

  private readonly query: Rule<TermNode> = this.RULE('query', () => {
    this.OPTION(() => this.CONSUME(T.Blank));
    return this.SUBRULE(this.sequence);
  });

  private readonly sequence: Rule<TermNode> = this.RULE('sequence', () => {
    const items = [this.SUBRULE(this.item)];
    const operators: (LogicType | undefined)[] = [];
    this.MANY(() => {
      this.CONSUME(T.Blank);
      operators.push(this.OPTION(() => this.SUBRULE(this.operator)));
      items.push(this.SUBRULE1(this.item));
    });
    return this.ACTION(() => joinItems(items, operators));
  });

  private readonly operator: Rule<LogicType> = this.RULE('operator', () => {
    const token = this.CONSUME(T.Operator);
    this.CONSUME(T.Blank);
    return operatorOf(token);
  });

  private readonly item: Rule<Item> = this.RULE('item', () => {
    const negations: IToken[] = [];
    this.MANY(() => negations.push(this.SUBRULE(this.negation)));
    const item = this.OR([
      { ALT: () => this.SUBRULE(this.parenthesis) },
      { ALT: () => this.SUBRULE(this.rawRange) },
      { ALT: () => this.SUBRULE(this.tag) },
    ]);
    return this.ACTION(() => {
      const starts = negations.map((token) => this.source.offsetOf(token.startOffset));
      return negateItem(starts, item);
    });
  });

  private readonly negation: Rule<IToken> = this.RULE('negation', () => {
    const not = (): IToken => {
      const token = this.CONSUME(T.Not);
      this.CONSUME(T.Blank);
      return token;
    };
    const bang = (): IToken => {
      const token = this.CONSUME(T.Bang);
      this.OPTION(() => this.CONSUME1(T.Blank));
      return token;
    };
    return this.OR([{ ALT: not }, { ALT: bang }]);
  });

  /** A group, or the range that an opening parenthesis directly before a number begins. */
  private readonly parenthesis: Rule<Item> = this.RULE('parenthesis', () => {
    const open = this.CONSUME(T.Parenthesis);
    const range = (): Item => {
      const value = this.SUBRULE(this.bounds, { ARGS: [open] });
      return this.ACTION(() => N.rangeItem(this.source, open, value));
    };
    const group = (): Item => {
      this.ACTION(() => this.enterGroup(open));
      this.OPTION(() => this.CONSUME(T.Blank));
      const node = this.SUBRULE(this.sequence);
      const close = this.CONSUME(T.CloseParenthesis);
      this.openGroups--;
      return this.ACTION(() => ({ node, ...N.spanOf(this.source, open, close) }));
    };
    return this.OR([{ ALT: range }, { ALT: group }]);
  });

  private readonly rawRange: Rule<Item> = this.RULE('rawRange', () => {
    const open = this.CONSUME(T.Bracket);
    this.OPTION(() => this.CONSUME(T.Blank));
    const value = this.SUBRULE(this.bounds, { ARGS: [open] });
    return this.ACTION(() => N.rangeItem(this.source, open, value));
  });

  private readonly tag: Rule<Item> = this.RULE('tag', () => {
    const token = this.CONSUME(T.Text);
    const comparison = this.OPTION(() =>
      this.OR([{ ALT: () => this.SUBRULE(this.literalComparison) }, { ALT: () => this.SUBRULE(this.numericComparison) }]),
    );
    return this.ACTION(() => (comparison === undefined ? N.rawItem(this.source, token) : N.keyedItem(this.source, token, comparison)));
  });

  private readonly literalComparison: Rule<N.Comparison> = this.RULE('literalComparison', () => {
    const op = this.CONSUME(T.Colon);
    const value = this.OPTION(() =>
      this.OR<N.RangeValue | N.TextValue>([{ ALT: () => this.SUBRULE(this.range) }, { ALT: () => this.SUBRULE(this.text) }]),
    );
    return { op, value };
  });

  private readonly numericComparison: Rule<N.Comparison> = this.RULE('numericComparison', () => {
    const op = this.CONSUME(T.Comparison);
    const value = this.OR<N.RangeValue | N.NumberValue>([
      { ALT: () => this.SUBRULE(this.range) },
      { ALT: () => this.SUBRULE(this.number) },
    ]);
    return { op, value };
  });

  private readonly text: Rule<N.TextValue> = this.RULE('text', () => {
    const token = this.CONSUME(T.Text);
    return this.ACTION(() => N.textValue(this.source, token));
  });

  private readonly number: Rule<N.NumberValue> = this.RULE('number', () => {
    const digits = this.CONSUME(T.NumberToken);
    const unit = this.OPTION(() => this.CONSUME(T.Size));
    return this.ACTION(() => N.numberValue(this.source, digits, unit));
  });

  private readonly range: Rule<N.RangeValue> = this.RULE('range', () => {
    const open = this.OR([{ ALT: () => this.CONSUME(T.Bracket) }, { ALT: () => this.CONSUME(T.ValueParenthesis) }]);
    this.OPTION(() => this.CONSUME(T.Blank));
    return this.SUBRULE(this.bounds, { ARGS: [open] });
  });

  /** What stands behind the opening bracket of a range. */
  private readonly bounds: Rule<N.RangeValue, [IToken]> = this.RULE('bounds', (open: IToken) => {
    const from = this.SUBRULE(this.number);
    this.OPTION(() => this.CONSUME(T.Blank));
    this.CONSUME(T.To);
    this.OPTION1(() => this.CONSUME1(T.Blank));
    const to = this.SUBRULE1(this.number);
    this.OPTION2(() => this.CONSUME2(T.Blank));
    const close = this.OR([{ ALT: () => this.CONSUME(T.CloseBracket) }, { ALT: () => this.CONSUME(T.CloseParenthesis) }]);
    return this.ACTION(() => N.rangeValue(open, from.value, to.value, close));
  });

  constructor() {
    super(T.TOKENS, { maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  private enterGroup(open: IToken): void {
    this.openGroups++;
    if (this.openGroups > MAX_DEPTH) throw tooDeep(this.source.text, this.source.offsetOf(open.startOffset));
  }

  run(tokens: IToken[], source: N.Source): Parsed {
    this.input = tokens;
    this.source = source;
    this.openGroups = 0;
    const root = this.query();
    const [error] = this.errors;
    return error === undefined ? { root } : { rejected: error.token };
  }
}

/** The root, or the token that can't stand at its place: past the last one a token of type EOF. */
export type Parsed = { readonly root: TermNode } | { readonly rejected: IToken };

const parser = new TermParser();

/** Throws TermError for what is wrong inside a token, and for more than `MAX_DEPTH` groups in one another. */
export function parseTokens(tokens: IToken[], source: N.Source): Parsed {
  return parser.run(tokens, source);
}
