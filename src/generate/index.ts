export { generateHistory, generatePublications, historyLine, type HistoryLine, type HistoryOptions } from './history.js';
export type { Publication } from './publication.js';
export { sampleSettings } from './settings.js';
