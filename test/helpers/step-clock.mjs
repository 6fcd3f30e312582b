/** Preloaded into a worker's process by tests: its clock is set back and forth by hours, several times a second. */
const { now } = Date;
const HOURS = [0, -5, 3, -1, 7, -9];
const started = performance.now();
Date.now = () => now() + HOURS[Math.floor((performance.now() - started) / 150) % HOURS.length] * 3_600_000;
