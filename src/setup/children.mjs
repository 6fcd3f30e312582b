/** Child processes of the set-up: each in a process group of its own, so that one signal ends it with everything it started. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const running = new Set();
const hooks = new Set();
let interruptedBy;
let interruptedAt = 0;

/** The exit code of the signal that asked us to stop; undefined while none did. */
export function interruptCode() {
  return interruptedBy === undefined ? undefined : exitCodes[interruptedBy];
}

/** Calls `hook` when a signal asks to stop. Returns a function that forgets it. */
export function onInterrupt(hook) {
  hooks.add(hook);
  return () => hooks.delete(hook);
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it ended on its own meanwhile
  }
}

function handle(signal) {
  // npm hands on the signal that the terminal has sent to all of us already: that is one wish, not two.
  const repeated = interruptedBy !== undefined;
  if (repeated && Date.now() - interruptedAt < 1000) return;
  interruptedAt = Date.now();
  interruptedBy ??= signal;
  for (const hook of hooks) hook();
  for (const child of running) signalGroup(child, repeated ? 'SIGKILL' : signal);
  if (running.size === 0 && (hooks.size === 0 || repeated)) process.exit(interruptCode());
}

/**
 * npm puts a shell between itself and us, and a SIGTERM for npm reaches only that shell. So when our parent is gone, somebody wants
 * us to stop.
 */
function watchParent() {
  const parent = process.ppid;
  const watcher = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watcher);
    handle('SIGTERM');
  }, 500);
  watcher.unref();
}

/** From now on Ctrl-C ends the children first; a second one ends them by force. */
export function handleSignals() {
  for (const signal of Object.keys(exitCodes)) process.on(signal, handle);
  if (process.env.npm_lifecycle_event !== undefined) watchParent();
}

/**
 * Runs a command to its end with the given output ('inherit' or a file descriptor) and resolves with its exit code; rejects
 * when it cannot be executed.
 */
export function run(command, args, { output = 'inherit', ...options } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', output, output] });
    running.add(child);
    child.once('error', (error) => {
      running.delete(child);
      fail(error);
    });
    child.once('exit', (code, signal) => {
      running.delete(child);
      done(interruptCode() ?? code ?? (exitCodes[signal] || 1));
    });
  });
}

/** One line for people, on stderr: stdout belongs to the command that follows. */
export function say(message) {
  process.stderr.write(`${message}\n`);
}

/** The last lines of a file. */
export function tail(file, lines = 15) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

/** Runs a long command with its output in a file, and a line every few seconds so that nobody takes it for dead. */
export async function runQuietly(title, command, args, { logFile, ...options }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say(`${title} ...`);
  const ticker = setInterval(() => say(`${title} ... ${seconds()} s`), 4000);
  try {
    const code = await run(command, args, { ...options, output: log });
    if (interruptCode() !== undefined) process.exit(interruptCode());
    say(`${title}: ${code === 0 ? 'done' : 'failed'} (${seconds()} s)`);
    return code;
  } finally {
    clearInterval(ticker);
    closeSync(log);
  }
}
