/** Tasks: where they stand, what may be done to them, how they are shown. */
export { openTaskStore, TopicOutage, type TaskStoreOptions } from './store.js';
export {
  CODE_TEXTS,
  maySee,
  moved,
  removeTask,
  startTask,
  stopTask,
  TASK_CODES,
  type TaskAnswer,
  type TaskCaller,
  type TaskCode,
} from './life-cycle.js';
export { adminObject, statusObject, type AdminObject, type StatusObject } from './views.js';
