import type { Samples, VmLoad } from '../install/telemetry.ts';
import { type Html, html } from './html.ts';

/** Width of one sample and height of a line in a list, in the units of its own picture. */
const STEP = 2;
const HEIGHT = 24;

/** A VM's load in a list: what it takes now, and the line of its last samples. */
export function loadCell(load: VmLoad | null | undefined): Html {
  if (load === null || load === undefined) return html`<span class="faint">not seen yet</span>`;
  if (load.cpu === null) return html`<span class="faint">${load.state}</span>`;
  return html`${sparkline(load.recent)} <span class="cpu">${percent(load.cpu)}</span>`;
}

/** Full height is one CPU, or the highest sample where that is more. */
export function sparkline(recent: readonly (number | null)[]): Html {
  const top = Math.max(100, ...recent.map((value) => value ?? 0));
  const width = Math.max(1, recent.length - 1) * STEP;
  return html`<svg class="spark" viewBox="0 -1 ${width} ${HEIGHT + 2}" width="${width}" height="${HEIGHT + 2}" aria-hidden="true"><path d="${sparkPath(recent, top)}"/></svg>`;
}

/** One stroke for each run of samples; a gap lifts the pen. */
function sparkPath(recent: readonly (number | null)[], top: number): string {
  return recent
    .map((value, index) => {
      if (value === null) return '';
      const begins = index === 0 || recent[index - 1] === null;
      const y = HEIGHT - (value / top) * HEIGHT;
      return `${begins ? 'M' : 'L'}${index * STEP} ${Math.round(y * 10) / 10}`;
    })
    .join('');
}

/** On a VM's page: what its process does now. The graphs are drawn below it, with scripts. */
export function loadFacts(load: VmLoad | null | undefined): Html {
  if (load === null || load === undefined)
    return html`<p class="faint">Its host was not asked yet, or telemetry is off.</p>`;
  const rows: readonly (readonly [string, string | null])[] = [
    ['State', load.state],
    ['CPU', load.cpu === null ? null : percent(load.cpu)],
    ['Memory touched', load.memoryMiB === null ? null : `${Math.round(load.memoryMiB)} MiB`],
    ['Up for', load.upSeconds === null ? null : upTime(load.upSeconds)],
    ['Restarts seen', String(load.restarts)],
  ];
  return html`<dl class="load">${rows.map(([name, value]) =>
    value === null ? null : html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

const percent = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)}%`;

/** `3 d 4 h`, `5 h 12 min`, `7 min`. */
export function upTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** Lists of the same length for a graph: seconds since the epoch, CPU, memory. Where nobody looked is a gap. */
export function graphData({ at, cpu, memoryMiB, intervalSeconds }: Samples) {
  const [x, y1, y2]: [number[], (number | null)[], (number | null)[]] = [[], [], []];
  for (const [index, time] of at.entries()) {
    const before = at[index - 1];
    if (before !== undefined && time - before > intervalSeconds * 2500) {
      x.push((before + time) / 2000);
      y1.push(null);
      y2.push(null);
    }
    x.push(time / 1000);
    y1.push(cpu[index] ?? null);
    y2.push(memoryMiB[index] ?? null);
  }
  return [x, y1, y2] as const;
}
