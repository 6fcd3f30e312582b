/** LINQ, the query language of collections (spec 07 §12). */
export { compileQuery } from './compile.js';
export { LinqError, type LinqErrorCode } from './errors.js';
