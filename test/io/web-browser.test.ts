import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openHub } from '../../console/io/hub.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';
import { type Doorkeeper, openDoor } from '../../src/io/web/doorkeeper.ts';
import { startWeb, type Web } from '../../src/io/web-server.ts';
import { FakeLine } from '../fakes/line.ts';
import { anInstall, aVm, FakeOperator } from '../fakes/operator.ts';
import { BROWSER, launchBrowser } from '../support/browser.ts';

describe.skipIf(BROWSER.skip)(`in a browser${BROWSER.skip ? ` (${BROWSER.skip})` : ''}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let operator: FakeOperator;
  let web: Web;
  let complaints: string[];

  let door: Doorkeeper;

  const parts = { address: '127.0.0.1', clock: SYSTEM_CLOCK, log: SILENT_LOG };
  const options = () => ({ ...parts, operator, door });

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    operator = new FakeOperator();
    door = openDoor(parts);
    web = await startWeb({ ...options(), port: 0 });
    context = await browser.newContext();
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await context.close();
    await web.close();
  });

  /** Polls the page until the text is there; the test's own time limit ends it otherwise. */
  const shows = (text: string, selector: string, where = page) =>
    where.waitForFunction(
      ([inside, wanted]) => document.querySelector(inside)?.textContent?.includes(wanted),
      [selector, text] as const,
    );

  function hold(name: string): FakeLine {
    const line = new FakeLine();
    operator.hold(name, openHub({ line, cols: 80, rows: 24 }));
    return line;
  }

  it('the list shows a VM and renews its state without a reload', async () => {
    await page.goto(web.url);
    await shows('No VMs yet', '#empty:not([hidden])');
    operator.put(aVm());
    await shows('not installed', '[data-vm=web1]');
    await page.focus('[data-vm=web1] a');
    operator.put(
      aVm({
        install: anInstall({
          phases: [{ name: 'installing', at: SYSTEM_CLOCK.now() - 61_000 }],
          progress: { stage: 'fetch', file: 'base76.tgz', percent: 45 },
        }),
      }),
    );
    await shows('base76.tgz 45%', '[data-vm=web1]');
    const elapsed = await page.textContent('[data-vm=web1] .elapsed');
    expect(elapsed).toMatch(/^1:\d\d elapsed$/);
    await page.waitForFunction(
      (before) => document.querySelector('[data-vm=web1] .elapsed')?.textContent !== before,
      elapsed,
    );
    expect(await page.getAttribute('[data-vm=web1] progress', 'value')).toBe('45');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('web1');
    operator.put(aVm({ install: anInstall({ state: 'running', live: false }) }));
    await shows('running', '[data-vm=web1]');
    operator.remove('web1');
    await shows('No VMs yet', '#empty:not([hidden])');
    expect(complaints).toEqual([]);
  });

  it('the console shows what the line prints, and a late viewer the earlier screen', async () => {
    operator.put(aVm({ install: anInstall() }));
    const line = hold('web1');
    await page.goto(web.url);
    await page.click('[data-vm=web1] a');
    await shows('live', '#feed');
    line.emit('Welcome to the OpenBSD/amd64 7.6 installation program.\r\n\x1b[1mbold\x1b[0m login: ');
    await shows('Welcome to the OpenBSD/amd64 7.6 installation program.', '.xterm-rows');

    const late = await context.newPage();
    await late.goto(page.url());
    await shows('bold login:', '.xterm-rows', late);
    line.emit('root');
    await shows('login: root', '.xterm-rows', late);
    await shows('login: root', '.xterm-rows');
    await late.keyboard.type('nobody hears this\n');
    line.end();
    await shows('released', '#feed', late);
    await shows('login: root', '.xterm-rows', late);
    expect(line.written).toBe('');
    expect(complaints).toEqual([]);
  });

  it('the console of a VM that nothing holds says so, and lights up by itself', async () => {
    operator.put(aVm());
    await page.goto(`${web.url}vm/web1`);
    await shows('Nothing holds this console', '#dark:not([hidden])');
    hold('web1').emit('booting');
    await shows('booting', '.xterm-rows');
    await shows('live', '#feed');
    await page.waitForSelector('#dark', { state: 'hidden' });
  });

  it('a lost connection is told, and found again', async () => {
    operator.put(aVm({ install: anInstall() }));
    const line = hold('web1');
    line.emit('before');
    await page.goto(`${web.url}vm/web1`);
    await shows('before', '.xterm-rows');
    const port = Number(new URL(web.url).port);
    await web.close();
    await shows('trying again', '#feed');
    await shows('trying again', '#link');
    line.emit(' and after');
    web = await startWeb({ ...options(), port });
    await shows('before and after', '.xterm-rows');
    await shows('live', '#feed');
  });

  it.each([
    ['markup', '<img src=x onerror=document.title=1>'],
    ['an escape sequence', 'a\x1b[31mb'],
    ['quotes and a slash', `a"b'c/d?e#f%20`],
  ])('%s in a name is shown, not obeyed', async (_, name) => {
    operator.put(aVm({ name, install: anInstall() }));
    hold(name).emit('<b>its console</b>');
    await page.goto(web.url);
    const link = page.locator('tbody th a');
    expect(await link.textContent()).toBe(name);
    await link.click();
    await shows('<b>its console</b>', '.xterm-rows');
    expect(await page.locator('h1').textContent()).toBe(name);
    expect(await page.locator('img[src=x]').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it.each([
    ['a phone', 390],
    ['a desktop', 1280],
  ])('nothing sticks out on %s', async (_, width) => {
    operator.put(aVm({ name: 'a-name-as-long-as-vmd-allows.0123456789.0123456789.0123456789.xyz' }));
    const [vm] = await operator.listVms();
    hold(vm?.name ?? '').emit(`${'x'.repeat(80)}\r\nsecond`);
    await page.setViewportSize({ width, height: 800 });
    for (const path of ['', `vm/${vm?.name}`]) {
      await page.goto(web.url + path);
      if (path === '') await page.waitForSelector('tbody th a');
      else await shows('second', '.xterm-rows');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
    const right = await page
      .locator('.xterm-screen')
      .evaluate((screen) => screen.getBoundingClientRect().right);
    expect(right).toBeLessThanOrEqual(width);
  });
});
