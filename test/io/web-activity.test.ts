import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../src/common/port.ts';
import type { Samples } from '../../src/install/telemetry.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';
import { openDoor } from '../../src/io/web/doorkeeper.ts';
import { startWeb, type Web } from '../../src/io/web-server.ts';
import type { Operator } from '../../src/web/operator.ts';
import { anInstall, aVm, FakeOperator } from '../fakes/operator.ts';
import { BROWSER, launchBrowser } from '../support/browser.ts';

const LENGTH = 240;
const wave = Array.from({ length: LENGTH }, (_, index) => 40 + 35 * Math.sin(index / 9) + (index % 7));
const SAMPLES: Samples = {
  intervalSeconds: 30,
  at: wave.map((_, index) => 1_700_000_000_000 + index * 30_000 + (index > 150 ? 1_800_000 : 0)),
  cpu: wave.map((value, index) => (index > 60 && index < 75 ? null : value)),
  memoryMiB: wave.map((_, index) => 200 + Math.min(300, index * 2)),
};
const LOAD = {
  state: 'running',
  cpu: 42.4,
  memoryMiB: 498,
  upSeconds: 273_600,
  restarts: 1,
  recent: SAMPLES.cpu.slice(-40),
};

let operator: FakeOperator & Pick<Operator, 'samples' | 'metrics'>;
let web: Web;
beforeEach(async () => {
  operator = Object.assign(new FakeOperator(), {
    samples: (vm: string) => (vm === 'web1' ? SAMPLES : null),
    metrics: async () => '# HELP x y\n# TYPE x gauge\nx{vm="a\\"b"} 1\n',
  });
  operator.put(aVm({ load: LOAD, install: anInstall({ state: 'running' }) }));
  const parts = { clock: SYSTEM_CLOCK, log: SILENT_LOG };
  web = await startWeb({ operator, address: '127.0.0.1', ...parts, door: openDoor(parts), port: 0 });
});
afterEach(() => web.close());

describe('what VMs take of their hosts', () => {
  it('is given to a scraper of this machine as text', async () => {
    const answer = await fetch(`${web.url}metrics`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(await answer.text()).toContain('x{vm="a\\"b"} 1\n');
    const passedOn = await fetch(`${web.url}metrics`, { headers: { 'X-Forwarded-For': '198.51.100.1' } });
    expect(passedOn.status).toBe(403);
  });

  it.each([
    ['web1', 200, SAMPLES.at],
    ['nix', 204, undefined],
    ['%E0%A4', 400, undefined],
  ])('is JSON for %s: %d', async (name, status, at) => {
    const answer = await fetch(`${web.url}api/v1/vms/${name}/samples`);
    expect(answer.status).toBe(status);
    if (at !== undefined) expect(await answer.json()).toMatchObject({ intervalSeconds: 30, at });
  });
});

describe.skipIf(BROWSER.skip)(`in a browser${BROWSER.skip ? ` (${BROWSER.skip})` : ''}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it.each(['light', 'dark'] as const)(
    'graphs are drawn in %s colours, without a complaint',
    async (colorScheme) => {
      const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 1100 } });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${web.url}vm/web1`);
      await page.waitForFunction(() => document.querySelectorAll('#graphs canvas').length === 2);
      // Something was drawn in each: more than one colour.
      const colours = await page.$$eval('#graphs canvas', (canvases) =>
        canvases.map((each) => {
          const { width, height } = each as HTMLCanvasElement;
          const data =
            (each as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
          return new Set(
            Array.from({ length: data.length / 4 }, (_, at) => `${data[at * 4]},${data[at * 4 + 1]}`),
          ).size;
        }),
      );
      for (const count of colours) expect(count).toBeGreaterThan(10);
      await page.locator('#load', { hasText: '3 d 4 h' }).waitFor();
      const shot = process.env.PUFFBOOT_SCREENSHOTS;
      if (shot !== undefined)
        await page.screenshot({ path: `${shot}/activity-${colorScheme}.png`, fullPage: true });
      await page.goto(web.url);
      await page.waitForSelector('[data-vm=web1] svg.spark path');
      await page.locator('[data-vm=web1] td.load', { hasText: '42%' }).waitFor();
      if (shot !== undefined) await page.screenshot({ path: `${shot}/list-${colorScheme}.png` });
      await page.setViewportSize({ width: 390, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );
});
