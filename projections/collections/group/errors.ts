/** A group that can't be held or told exactly: the task is stopped, nothing inexact is written (spec 07 §7). */
export class GroupFault extends Error {
  override readonly name = 'GroupFault';
}
