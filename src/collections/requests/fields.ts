/** Key and value fields of a request against the columns of its query's result (spec 07 §3). */
import { fieldTypeMatches } from '../../../projections/collections/collection.js';
import { LINQ_TYPES, type Column, type FieldSpec, type LinqType } from '../../../projections/collections/types.js';

const MOST = { keyFields: 32, valueFields: 64 } as const;

export interface ReadFields {
  readonly fields: readonly FieldSpec[];
  readonly problems: readonly string[];
}

/** `columns` undefined: the query is wrong itself, so that only the form can be looked at. */
export function readFields(name: keyof typeof MOST, given: unknown, columns: readonly Column[] | undefined): ReadFields {
  const path = `destination.params.${name}`;
  const isKey = name === 'keyFields';
  if (!isKey && (given === undefined || given === null)) return { fields: [], problems: [] };
  if (!Array.isArray(given) || (isKey && given.length === 0) || given.length > MOST[name]) {
    return {
      fields: [],
      problems: [isKey ? `${path}: must be a non-empty list` : `${path}: must be a list of at most ${MOST.valueFields}`],
    };
  }
  const fields: FieldSpec[] = [];
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of (given as unknown[]).entries()) {
    const read = readField(`${path}[${index}]`, item, seen, columns, isKey);
    if (typeof read === 'string') problems.push(read);
    else if (read !== undefined) fields.push(read);
  }
  return { fields, problems };
}

/** The field, a problem, or undefined where nothing more can be said of it. */
function readField(
  path: string,
  item: unknown,
  seen: Set<string>,
  columns: readonly Column[] | undefined,
  isKey: boolean,
): FieldSpec | string | undefined {
  const form = formOf(item);
  if (form === undefined) return `${path}: must be a name or {name,type}`;
  const { name, type } = form;
  if (seen.has(name)) return `${path}: duplicate field '${name}'`;
  seen.add(name);
  if (columns === undefined) return undefined;
  const column = columns.find((each) => each.name === name);
  if (column === undefined) return `${path}: unknown field '${name}'`;
  const wanted = type ?? column.type;
  const fits = LINQ_TYPES.includes(wanted as LinqType) && fieldTypeMatches(column.type, wanted as LinqType);
  if (!fits || (isKey && column.type === 'json')) return `${path}: type '${wanted}' does not match column type '${column.type}'`;
  return { name, type: wanted as LinqType };
}

function formOf(item: unknown): { readonly name: string; readonly type: string | undefined } | undefined {
  if (typeof item === 'string') return { name: item, type: undefined };
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const { name, type, ...rest } = item as { name?: unknown; type?: unknown };
  if (typeof name !== 'string' || Object.keys(rest).length > 0) return undefined;
  if (type !== undefined && type !== null && typeof type !== 'string') return undefined;
  return { name, type: type ?? undefined };
}
