/** Grouping (spec 07 §7). */
export { GroupFault } from './errors.js';
export { GroupWindows, type Emission, type GroupLimits } from './windows.js';
