/**
 * How a host went down the last time, from `last reboot shutdown`: init(8) and reboot(8) note a shutdown in
 * wtmp(5) that is orderly, and the next boot; a power cut notes nothing.
 */
export const LAST_BOOTS = ['last', '-n', '20', 'reboot', 'shutdown'] as const;
/** init(8) is as old as the boot. */
export const HOST_UPTIME = ['ps', '-o', 'etime=', '-p', '1'] as const;

/** Newest first, as last(1) prints them. */
export function endedUnclean(lastOutput: string): boolean {
  const kinds = lastOutput.split('\n').flatMap((line) => /^(reboot|shutdown)\s/.exec(line)?.[1] ?? []);
  // With nothing before the boot, wtmp was rotated in between, or this is the first boot.
  return kinds[0] === 'reboot' && kinds[1] === 'reboot';
}

/** ps(1)'s elapsed and CPU times, in seconds: `04:05`, `1:02:03`, `3-01:02:03`, `12:34.56`. Null for no time. */
export function parsePsTime(text: string): number | null {
  const [, days = '0', hours = '0', minutes, seconds] =
    /^\s*(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)\s*$/.exec(text) ?? [];
  if (minutes === undefined || seconds === undefined) return null;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}
