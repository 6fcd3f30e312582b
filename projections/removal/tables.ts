/** What every fold needs of the delete and the insert topics. */
import { DeleteTable } from './delete-table.js';
import { InsertTable } from './insert-table.js';

/** As folds see them: read only. Whoever reads the topics holds the tables themselves. */
export interface Tables {
  readonly deletes: Pick<DeleteTable, 'matches' | 'entries'>;
  readonly inserts: Pick<InsertTable, 'of' | 'entries'>;
}

/** A log without deletes and inserts. */
export const NO_TABLES: Tables = { deletes: new DeleteTable(), inserts: new InsertTable() };
