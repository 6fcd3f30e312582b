/** Parts of events: layouts of what a reader is to make of a record, the rest of which it only checks. */
import type { FieldLayout, RecordLayout } from './layout.js';
import { recordOf } from './layout.js';

/**
 * The part of a record that these paths name: `source.path.action` is that field of each item, `source.path` the items whole. What is left
 * out is still checked while it is passed, so that exactly those records can be read whose whole can be. Throws an Error for a
 * path that names no field.
 */
export function partOf(layout: RecordLayout, paths: Iterable<string>): RecordLayout {
  return cut(layout, treeOf(paths));
}

/** Names of fields; undefined: the field whole. */
type Tree = Map<string, Tree | undefined>;

function treeOf(paths: Iterable<string>): Tree {
  const root: Tree = new Map();
  for (const path of paths) {
    const names = path.split('.');
    const last = names.pop()!;
    let tree: Tree | undefined = root;
    for (const name of names) {
      if (!tree.has(name)) tree.set(name, new Map());
      tree = tree.get(name);
      if (tree === undefined) break;
    }
    tree?.set(last, undefined);
  }
  return root;
}

function cut(layout: RecordLayout, tree: Tree): RecordLayout {
  const names = new Set(layout.fields.map(({ name }) => name));
  for (const name of tree.keys()) if (!names.has(name)) throw new Error(`${layout.name} has no field ${name}`);
  const fields: FieldLayout[] = [];
  const passed: FieldLayout[] = [];
  for (const field of layout.fields) {
    if (!tree.has(field.name)) passed.push(field);
    else {
      const inner = tree.get(field.name);
      fields.push(inner === undefined ? field : { ...field, record: cut(recordOf(field), inner) });
    }
  }
  return { name: layout.name, fields, passed };
}
