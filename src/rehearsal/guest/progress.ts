import type { Session } from './session.ts';

const TITLE_WIDTH = 23;
const BAR_WIDTH = 26;
const PREFIXES = ' KMGT';

/**
 * The progress line of ftp(1) on 80 columns, drawn over the one before it.
 * @param seconds since the transfer started
 */
export function renderProgress(title: string, received: number, total: number, seconds: number): string {
  const ratio = total === 0 ? 1 : Math.min(1, received / total);
  const percent = Math.floor(ratio * 100);
  const bar = '*'.repeat(Math.floor(ratio * BAR_WIDTH)).padEnd(BAR_WIDTH);
  const head = `\r${title.padEnd(TITLE_WIDTH)} ${String(percent).padStart(3)}% |${bar}|`;
  if (ratio >= 1) return `${head}${size(received)}   ${clock(seconds)}    \n`;
  const rest = received === 0 ? '--:--' : clock((seconds / ratio) * (1 - ratio));
  return `${head}${size(received)}   ${rest} ETA`;
}

/** What ftp(1) draws for a file that is here already. */
export async function localProgress(session: Session, title: string, size: number): Promise<void> {
  for (const part of size >= 100_000 ? [0, 0.4, 0.8] : [0]) {
    session.say(renderProgress(title, Math.floor(size * part), size, part * 0.3));
    await session.wait(0.03);
  }
  session.say(renderProgress(title, size, size, 0.3));
  await session.wait(0.02);
}

/** From 100,000 on in the next larger unit. */
function size(bytes: number): string {
  let [value, power] = [bytes, 0];
  while (value >= 100_000 && power < PREFIXES.length - 1) {
    value = Math.floor(value / 1024);
    power += 1;
  }
  return ` ${String(value).padStart(5)} ${PREFIXES.charAt(power)}${power === 0 ? ' ' : 'B'} `;
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return [Math.floor(whole / 60), whole % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
