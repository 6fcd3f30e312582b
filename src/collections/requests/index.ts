/** What users ask of collections: the same for HTTP and the command line. */
export { createTask, type CreateOutcome } from './create.js';
export { lookUp, MAX_KEYS, type FoundRow, type LookUpKind } from './look-up.js';
export { isFields, readTaskRequest, type ReadRequest, type RequestContext } from './task-request.js';
