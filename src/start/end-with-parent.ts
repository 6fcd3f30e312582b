/**
 * Loaded into workers that a command starts as its children, before anything else: asks this process to end when its parent is gone. The channel
 * between the two closes however the parent ends, kill -9 included.
 */
import process from 'node:process';

process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The listener alone would keep the process alive.
process.channel?.unref();
