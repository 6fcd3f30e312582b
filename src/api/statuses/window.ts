/** The last seven days, today included, as statuses of plugins are counted (spec 04 §10). */
export const LAST_SEVEN_DAYS = { range: { timestamp: { gte: 'now-7d/d', lte: 'now/d' } } };
