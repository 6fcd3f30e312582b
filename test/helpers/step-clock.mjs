/** Preloaded into a worker's process by tests: its clock is set back and forth by hours for a while, then back by ten, where it stays. */
const { now } = Date;
const HOURS = [0, -5, 3, -1, 7, -4];
const STEP_MS = 250;
const STEPS = 16;
const started = performance.now();
Date.now = () => {
  const step = Math.floor((performance.now() - started) / STEP_MS);
  return now() + (step < STEPS ? HOURS[step % HOURS.length] : -10) * 3_600_000;
};
