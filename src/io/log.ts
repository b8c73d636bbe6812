import { pino } from 'pino';
import type { Log, LogFields } from '../common/port.ts';

/** JSON lines on standard error, one per event: `{"level":"info","time":...,"process":...,"event":...}`. */
export function openLog(processName: string, level: string = process.env.PUFFBOOT_LOG ?? 'info'): Log {
  const logger = pino(
    {
      level,
      base: { process: processName },
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 2, sync: true }),
  );
  return {
    debug: (event, fields: LogFields = {}) => logger.debug(fields, event),
    info: (event, fields: LogFields = {}) => logger.info(fields, event),
    warn: (event, fields: LogFields = {}) => logger.warn(fields, event),
    error: (event, fields: LogFields = {}) => logger.error(fields, event),
  };
}
