/** What a term query parses to (spec 05 §1.5, 04 §15). Offsets are code points from the start of the text: `start` is the first, `end` the one after the last. */

export type LogicType = 'and' | 'or' | 'docand';
export type Quotes = 'none' | 'single' | 'double';
export type TagOperator = ':' | ':=' | ':>' | ':<' | ':>=' | ':<=';

/** Integers of any size are bigint, what was written with a point or came out fractional is a number, and always finite. */
export type TermNumber = bigint | number;

export interface LogicNode {
  readonly type: LogicType | 'not';
  readonly start: number;
  readonly end: number;
  /** Two or more, of `not` one. */
  readonly children: readonly TermNode[];
}

/** `key:value`; without a value the question whether the key exists. */
export interface TagNode {
  readonly type: 'tag';
  readonly start: number;
  readonly end: number;
  readonly key: string;
  /** Where the operator begins. */
  readonly keyEnd: number;
  readonly op: TagOperator;
  readonly value?: string | TermNumber;
  /** Of a value that is a string. */
  readonly quotes?: Quotes;
}

/** A value without a key. */
export interface RawNode {
  readonly type: 'raw';
  readonly start: number;
  readonly end: number;
  readonly value: string | TermNumber;
  readonly quotes?: Quotes;
  /** As written. */
  readonly source: string;
}

/** Both ends of a range, one of each pair. */
export interface RangeBounds {
  readonly gte?: bigint;
  readonly gt?: bigint;
  readonly lte?: bigint;
  readonly lt?: bigint;
}

/** `key:[a TO b]`; `key`, `keyEnd` and `op` are missing where a range stands alone, which has no meaning as a query. */
export interface RangeNode {
  readonly type: 'range';
  readonly start: number;
  readonly end: number;
  readonly key?: string;
  readonly keyEnd?: number;
  readonly op?: TagOperator;
  readonly value: RangeBounds;
}

export type LeafNode = TagNode | RawNode | RangeNode;
export type TermNode = LogicNode | LeafNode;

export interface ParsedTerm {
  /** What the offsets count in: the term without blanks at its end. */
  readonly text: string;
  readonly root: TermNode;
}

export function isLogic(node: TermNode): node is LogicNode {
  return 'children' in node;
}

/** The nodes that are no operators, in the order of the text. */
export function leavesOf(node: TermNode): LeafNode[] {
  return isLogic(node) ? node.children.flatMap(leavesOf) : [node];
}
