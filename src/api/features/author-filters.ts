/** The optional filters of queries for features (spec 05 §8). */
import Type from 'typebox';
import type { Query } from '../../access/query.js';

export const authorParameters = {
  author: Type.String({ default: '', description: 'name of the plugin that found the values' }),
  author_version: Type.String({ default: '', description: 'version of the plugin that found the values' }),
};

export interface AuthorChoice {
  /** "" = any. */
  readonly author: string;
  readonly author_version: string;
}

export function authorFilters({ author, author_version: version }: AuthorChoice): Query[] {
  return [
    ...(author === '' ? [] : [{ term: { 'author.name': author } }]),
    ...(version === '' ? [] : [{ term: { 'author.version': version } }]),
  ];
}
