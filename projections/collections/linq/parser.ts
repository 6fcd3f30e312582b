/** The grammar of LINQ (spec 07 §12). One token of lookahead decides everything, so the token that fails is the first that can't stand at its place. */
import { EmbeddedActionsParser, type IParserErrorMessageProvider, type IToken, type ParserMethod, type TokenType } from 'chevrotain';
import type * as A from './ast.js';
import { LinqError } from './errors.js';
import * as L from './literals.js';
import * as P from './precedence.js';
import * as T from './tokens.js';

type Rule<R> = ParserMethod<[], R>;

const MAX_PARENTHESES = 200;
const label = ({ LABEL, name }: TokenType): string => LABEL ?? name;

/** The library's messages become what was expected: the token that was found is told apart. */
const EXPECTATIONS: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => label(expected),
  buildNotAllInputParsedMessage: () => 'clause',
  buildNoViableAltMessage: ({ expectedPathsPerAlt }) => expectedOf(expectedPathsPerAlt.flat(2)),
  buildEarlyExitMessage: ({ expectedIterationPaths }) => expectedOf(expectedIterationPaths.flat()),
};

function expectedOf(tokens: readonly TokenType[]): string {
  // Whatever an expression may begin with would be a long list.
  if (tokens.includes(T.Float)) return 'expression';
  return [...new Set(tokens.map(label))].join(' or ');
}

interface NamePart {
  readonly text: string;
  readonly at: number;
}

/** The library makes parsers by inheritance: rules are fields, which it calls once at the start to learn the grammar, without what stands in `ACTION`. */
class LinqParser extends EmbeddedActionsParser {
  private text = '';

  readonly query: Rule<A.Query> = this.RULE('query', () => {
    this.CONSUME(T.From);
    const table = this.SUBRULE(this.name);
    const before = this.SUBRULE(this.clauses);
    const group = this.OPTION(() => this.SUBRULE(this.group));
    const after = this.SUBRULE1(this.clauses);
    const limit = this.OPTION1(() => this.SUBRULE(this.limit));
    let pragmaAt: number | undefined;
    this.MANY(() => {
      const at = this.SUBRULE(this.pragma);
      pragmaAt ??= at;
    });
    return this.ACTION(() => ({ table: { name: table.text, at: table.at }, before, group, after, limit, pragmaAt }));
  });

  private readonly clauses: Rule<(A.Where | A.Select)[]> = this.RULE('clauses', () => {
    const list: (A.Where | A.Select)[] = [];
    this.MANY(() => {
      list.push(this.OR<A.Where | A.Select>([{ ALT: () => this.SUBRULE(this.where) }, { ALT: () => this.SUBRULE(this.select) }]));
    });
    return list;
  });

  private readonly where: Rule<A.Where> = this.RULE('where', () => {
    this.CONSUME(T.WhereWord);
    const conditions: A.Expression[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => conditions.push(this.SUBRULE(this.expression)) });
    return { kind: 'where' as const, conditions };
  });

  private readonly select: Rule<A.Select> = this.RULE('select', () => {
    this.CONSUME(T.SelectWord);
    const items: A.Select['items'][number][] = [];
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.selectItem)) });
    return { kind: 'select' as const, items };
  });

  private readonly selectItem: Rule<A.Select['items'][number]> = this.RULE('selectItem', () =>
    this.OR<A.Select['items'][number]>([
      {
        ALT: () => {
          this.CONSUME(T.Star);
          return { kind: '*' as const };
        },
      },
      { ALT: () => this.SUBRULE(this.item) },
    ]),
  );

  private readonly item: Rule<A.Item> = this.RULE('item', () => {
    const expression = this.SUBRULE(this.expression);
    const alias = this.OPTION(() => {
      this.CONSUME(T.As);
      return this.SUBRULE(this.name);
    });
    return this.ACTION(() => {
      if (alias !== undefined) return { expression, name: alias.text, nameAt: alias.at };
      // Before whatever follows is looked at: a forgotten 'as' is the likelier mistake.
      if (expression.kind !== 'name') throw new LinqError('LINQ_ALIAS', "expression needs 'as'", this.text, expression.at);
      return { expression, name: expression.name, nameAt: expression.at };
    });
  });

  private readonly group: Rule<A.Group> = this.RULE('group', () => {
    this.CONSUME(T.GroupWord);
    let server: A.Period | undefined;
    let by: A.Item[] = [];
    this.OR([
      {
        ALT: () => {
          server = this.SUBRULE(this.every);
          this.OPTION(() => (by = this.SUBRULE(this.by)));
        },
      },
      { ALT: () => (by = this.SUBRULE1(this.by)) },
    ]);
    const client = this.OPTION1(() => this.SUBRULE1(this.every));
    return { server, by, client };
  });

  private readonly every: Rule<A.Period> = this.RULE('every', () => {
    this.CONSUME(T.Every);
    return this.OR<A.Period>([
      {
        ALT: () => {
          const token = this.CONSUME(T.Duration);
          return this.ACTION(() => ({ at: token.startOffset, ms: L.duration(this.text, token) }));
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(T.Minus);
          return this.ACTION(() => ({ at: token.startOffset, ms: undefined }));
        },
      },
    ]);
  });

  private readonly by: Rule<A.Item[]> = this.RULE('by', () => {
    this.CONSUME(T.By);
    const items: A.Item[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.item)) });
    return items;
  });

  private readonly limit: Rule<number> = this.RULE('limit', () => {
    this.CONSUME(T.Limit);
    const token = this.CONSUME(T.Int);
    return this.ACTION(() => L.limit(this.text, token));
  });

  /** Answers with the place of the word. */
  private readonly pragma: Rule<number> = this.RULE('pragma', () => {
    const token = this.CONSUME(T.Pragma);
    this.SUBRULE(this.name);
    this.CONSUME(T.Colon);
    this.CONSUME(T.Text);
    return this.ACTION(() => token.startOffset);
  });

  private readonly name: Rule<NamePart> = this.RULE('name', () => {
    const parts: IToken[] = [this.SUBRULE(this.namePart)];
    this.MANY(() => {
      this.CONSUME(T.Dot);
      parts.push(this.SUBRULE1(this.namePart));
    });
    return this.ACTION(() => ({ text: parts.map(L.namePart).join('.'), at: parts[0]!.startOffset }));
  });

  private readonly namePart: Rule<IToken> = this.RULE('namePart', () =>
    this.OR([{ ALT: () => this.CONSUME(T.Id) }, { ALT: () => this.CONSUME(T.QuotedId) }]),
  );

  /** Few rules a level, precedence being settled in `precedence.ts`: 200 levels have to fit on the stack. */
  private readonly expression: Rule<A.Expression> = this.RULE('expression', () => {
    const operands: A.Expression[] = [this.SUBRULE(this.comparison)];
    const words: IToken[] = [];
    this.MANY(() => {
      words.push(this.OR([{ ALT: () => this.CONSUME(T.And) }, { ALT: () => this.CONSUME(T.Or) }]));
      operands.push(this.SUBRULE1(this.comparison));
    });
    return this.ACTION(() => P.logic(operands, words));
  });

  private readonly comparison: Rule<A.Expression> = this.RULE('comparison', () => {
    const nots: IToken[] = [];
    this.MANY(() => nots.push(this.CONSUME(T.NotWord)));
    const left = this.SUBRULE(this.arithmetic);
    let whole = left;
    this.OPTION(() => {
      this.OR([
        {
          ALT: () => {
            const token = this.CONSUME(T.Compare);
            const right = this.SUBRULE1(this.arithmetic);
            this.ACTION(() => (whole = P.comparison(left, token, right)));
          },
        },
        {
          ALT: () => {
            const not = this.OPTION1(() => this.CONSUME1(T.NotWord));
            const token = this.CONSUME(T.In);
            const options: A.Expression[] = [];
            this.CONSUME(T.Open);
            this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => options.push(this.SUBRULE2(this.arithmetic)) });
            this.CONSUME(T.Close);
            this.ACTION(() => (whole = P.membership(left, not, token, options)));
          },
        },
      ]);
    });
    return this.ACTION(() => P.negated(nots, whole));
  });

  private readonly arithmetic: Rule<A.Expression> = this.RULE('arithmetic', () => {
    const operands: A.Expression[] = [this.SUBRULE(this.primary)];
    const operators: IToken[] = [];
    this.MANY(() => {
      operators.push(
        this.OR([
          { ALT: () => this.CONSUME(T.Plus) },
          { ALT: () => this.CONSUME(T.Minus) },
          { ALT: () => this.CONSUME(T.Star) },
          { ALT: () => this.CONSUME(T.Divide) },
        ]),
      );
      operands.push(this.SUBRULE1(this.primary));
    });
    return this.ACTION(() => P.arithmetic(operands, operators));
  });

  private readonly primary: Rule<A.Expression> = this.RULE('primary', () => {
    const signs: IToken[] = [];
    this.MANY(() => signs.push(this.CONSUME(T.Minus)));
    const operand = this.OR<A.Expression>([
      { ALT: () => this.SUBRULE(this.literal) },
      {
        ALT: () => {
          const open = this.CONSUME(T.Open);
          const inner = this.SUBRULE(this.expression);
          this.CONSUME(T.Close);
          return this.ACTION(() => ({ ...inner, at: open.startOffset }));
        },
      },
      {
        ALT: () => {
          const name = this.SUBRULE(this.name);
          let args: A.Expression[] | undefined;
          this.OPTION(() => {
            const list: A.Expression[] = [];
            this.CONSUME1(T.Open);
            this.MANY_SEP({ SEP: T.Comma, DEF: () => list.push(this.SUBRULE1(this.expression)) });
            this.CONSUME1(T.Close);
            args = list;
          });
          return this.ACTION(() => P.nameOrCall(name, args));
        },
      },
    ]);
    return this.ACTION(() => L.signed(this.text, signs, operand));
  });

  private readonly literal: Rule<A.Literal> = this.RULE('literal', () => {
    const token = this.OR([
      { ALT: () => this.CONSUME(T.Int) },
      { ALT: () => this.CONSUME(T.Float) },
      { ALT: () => this.CONSUME(T.Text) },
      { ALT: () => this.CONSUME(T.Duration) },
      { ALT: () => this.CONSUME(T.Ip4) },
      { ALT: () => this.CONSUME(T.True) },
      { ALT: () => this.CONSUME(T.False) },
      { ALT: () => this.CONSUME(T.Null) },
    ]);
    return this.ACTION(() => L.literal(this.text, token));
  });

  constructor() {
    super(T.TOKENS, { maxLookahead: 1, errorMessageProvider: EXPECTATIONS });
    this.performSelfAnalysis();
  }

  parse(text: string): A.Query {
    const tokens = T.tokenise(text);
    limitDepth(text, tokens);
    this.input = tokens;
    this.text = text;
    const query = this.query();
    const [error] = this.errors;
    if (error === undefined) return query;
    const { token } = error;
    const atEnd = Number.isNaN(token.startOffset);
    const found = atEnd ? 'end of query' : JSON.stringify(token.image);
    throw new LinqError('LINQ_SYNTAX', `found ${found}, expected ${error.message}`, text, atEnd ? text.length : token.startOffset);
  }
}

/** The parser calls itself for each level: more than it may have is told before it begins. */
function limitDepth(text: string, tokens: readonly IToken[]): void {
  let depth = 0;
  for (const { tokenType, startOffset } of tokens) {
    if (tokenType === T.Close) depth--;
    if (tokenType === T.Open && ++depth > MAX_PARENTHESES) {
      throw new LinqError('LINQ_RANGE', `more than ${MAX_PARENTHESES} nested parentheses`, text, startOffset);
    }
  }
}

const parser = new LinqParser();

/** Throws LinqError. */
export function parseQuery(text: string): A.Query {
  return parser.parse(text);
}
