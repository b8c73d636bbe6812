import { parsePsTime } from './boots.ts';

/** What ps(1) tells of every process of a host; the VMs' are found by the pid that vmctl(8) shows. */
export const PROCESSES = ['ps', '-axo', 'pid,rss,time,etime'] as const;

export interface ProcessReading {
  /** Memory that it has touched and that is not paged out. */
  readonly residentMiB: number;
  /** CPU time since it began, user and system. */
  readonly cpuSeconds: number;
  readonly ageSeconds: number;
}

/** By pid; lines that are no process, such as the header, are left out. */
export function parseProcesses(stdout: string): ReadonlyMap<number, ProcessReading> {
  const readings = new Map<number, ProcessReading>();
  for (const line of stdout.split('\n')) {
    const [pid = '', rss = '', time = '', etime = '', ...more] = line.trim().split(/\s+/);
    const [cpuSeconds, ageSeconds] = [parsePsTime(time), parsePsTime(etime)];
    if (!/^\d+$/.test(pid) || !/^\d+$/.test(rss) || cpuSeconds === null || ageSeconds === null) continue;
    if (more.length === 0)
      readings.set(Number(pid), { residentMiB: Number(rss) / 1024, cpuSeconds, ageSeconds });
  }
  return readings;
}
