import type { AppliedFile } from './wanted.ts';

/** What rcctl(8) is asked to do, for a daemon to read its file again. */
export interface Service {
  readonly service: 'sensorsd' | 'httpd';
  readonly action: 'restart' | 'reload';
}

/** Daemons that are none of puffboot's: only where one runs it is told of its new file. */
export const SERVICES: Readonly<Partial<Record<AppliedFile, Service>>> = {
  'sensorsd.conf': { service: 'sensorsd', action: 'restart' },
  'httpd.conf': { service: 'httpd', action: 'reload' },
};

/**
 * Files that are kept up to date only where somebody has put puffboot's part into one of them: what they change
 * is not for puffboot to decide.
 */
export const ONLY_WITH: Readonly<Partial<Record<AppliedFile, AppliedFile>>> = {
  'pf.conf': 'pf.conf',
  sensors: 'sensorsd.conf',
  'sensorsd.conf': 'sensorsd.conf',
  'httpd.conf': 'httpd.conf',
};
