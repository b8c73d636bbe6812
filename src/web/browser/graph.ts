import uPlot from 'uplot';
import type { Samples } from '../../install/telemetry.ts';
import { graphData } from '../telemetry-view.ts';
import { byId } from './dom.ts';

interface Graph {
  readonly title: string;
  /** Name of the line's colour in the style sheet. */
  readonly colour: string;
  readonly unit: string;
  /** The scale reaches at least so far. */
  readonly least: number;
}

const GRAPHS: readonly Graph[] = [
  { title: 'CPU', colour: '--accent-fill', unit: '%', least: 10 },
  { title: 'Memory touched', colour: '--busy', unit: ' MiB', least: 64 },
];
const HEIGHT = 150;

/** Draws what is known of a VM over time, and goes on with it for as long as the page is looked at. */
export function followGraphs(vm: string): void {
  const place = byId('graphs');
  let samples: Samples | null = null;
  let plots: readonly uPlot[] = [];

  const draw = () => {
    for (const plot of plots) plot.destroy();
    plots = [];
    place.hidden = samples === null || samples.at.length < 2;
    if (samples === null || place.hidden) return;
    const [x, cpu, memory] = graphData(samples);
    plots = GRAPHS.map(
      (graph, index) =>
        new uPlot(optionsOf(graph, place.clientWidth), [[...x], [...(index === 0 ? cpu : memory)]], place),
    );
  };
  const renew = async () => {
    const answer = await fetch(`/api/v1/vms/${encodeURIComponent(vm)}/samples`).catch(() => null);
    if (answer?.status === 200) {
      samples = (await answer.json()) as Samples;
      draw();
    }
    setTimeout(renewWhenSeen, Math.max(5, samples?.intervalSeconds ?? 30) * 1000);
  };
  const renewWhenSeen = () => {
    if (!document.hidden) void renew();
    else document.addEventListener('visibilitychange', renewWhenSeen, { once: true });
  };

  void renew();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    for (const plot of plots) plot.setSize({ width, height: HEIGHT });
  }).observe(place);
}

function optionsOf({ title, colour, unit, least }: Graph, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const shade = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: shade('--quiet'),
    grid: { stroke: shade('--line'), width: 1 },
    ticks: { stroke: shade('--line'), width: 1 },
    font: `12px ${shade('--sans')}`,
  };
  return {
    width,
    height: HEIGHT,
    cursor: { sync: { key: 'vm' }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, high) => [0, Math.max(least, (high ?? 0) * 1.1)] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(clockTime) },
      { ...axis, size: 70, values: (_, ticks) => ticks.map((tick) => `${tick}${unit}`) },
    ],
    series: [
      { label: 'Time', value: (_, at) => (at === null ? '' : clockTime(at)) },
      {
        label: title,
        stroke: shade(colour),
        fill: `${shade(colour)}22`,
        width: 1.5,
        points: { show: false },
        value: (_, value) => (value === null ? '' : `${value}${unit}`),
      },
    ],
  };
}

/** As the reader's clock has it, of 24 hours. @param at seconds since the epoch */
const clockTime = (at: number): string =>
  new Date(at * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
