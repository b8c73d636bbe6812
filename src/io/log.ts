import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { errnoOf } from '../common/error.ts';
import type { Log, LogFields } from '../common/port.ts';

const STDERR = 2;
/** Lines wait so long for others, in milliseconds, and no longer than until they have this many characters. */
const LONGEST_WAIT = 10;
const MOST_WAITING = 32 * 1024;
/** Until a reader that takes nothing is asked again. Milliseconds. */
const FULL_PIPE_WAIT = 5;

/** All logs of a process go one way, so they wait together. */
const LINES = batched();

/**
 * JSON lines on standard error, one per event: `{"level":"info","time":...,"process":...,"event":...}`. Lines that
 * come close together are written together, since a rack that boots at once makes thousands a second; errors at once.
 */
export function openLog(processName: string, level: string = process.env.PUFFBOOT_LOG ?? 'info'): Log {
  const logger = pino(
    {
      level,
      base: { process: processName },
      messageKey: 'event',
      timestamp: () => timestamp(Date.now()),
      formatters: { level: (label) => ({ level: label }) },
    },
    LINES,
  );
  return {
    debug: (event, fields: LogFields = {}) => logger.debug(fields, event),
    info: (event, fields: LogFields = {}) => logger.info(fields, event),
    warn: (event, fields: LogFields = {}) => logger.warn(fields, event),
    error(event, fields: LogFields = {}) {
      logger.error(fields, event);
      LINES.flush();
    },
  };
}

/** The same text for all lines of a millisecond: writing a date costs as much as the rest of a line. */
let [lastTime, lastTimestamp] = [0, ''];
function timestamp(now: number): string {
  if (now !== lastTime) [lastTime, lastTimestamp] = [now, `,"time":"${new Date(now).toISOString()}"`];
  return lastTimestamp;
}

function batched(): { write(line: string): void; flush(): void } {
  let waiting = '';
  let timer: NodeJS.Timeout | null = null;
  const flush = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const text = waiting;
    waiting = '';
    if (text !== '') writeAll(Buffer.from(text));
  };
  let listening = false;
  return {
    write(line) {
      if (!listening) process.on('exit', flush);
      listening = true;
      waiting += line;
      if (waiting.length > MOST_WAITING) flush();
      else timer ??= setTimeout(flush, LONGEST_WAIT).unref();
    },
    flush,
  };
}

const NEWLINE = 10;
/** A full disk took the first half of a line. */
let isTorn = false;

/** For a process that may not hold our standard error itself. */
export const passOn = (lines: Buffer): void => writeAll(lines);

/** A log nobody reads any more is no reason to stop; one that is read slowly is waited for. */
function writeAll(lines: Buffer): void {
  const bytes = isTorn ? Buffer.concat([Buffer.of(NEWLINE), lines]) : lines;
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(STDERR, bytes, written);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') {
        // What is written when there is room again must not become part of that line.
        if (written > 0) isTorn = bytes[written - 1] !== NEWLINE;
        return;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT);
    }
  }
  isTorn = false;
}
