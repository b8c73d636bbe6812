import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { BROWSER, launchBrowser } from '../support/browser.ts';
import { until } from '../support/puffboot.ts';
import { type Rig, withRig } from '../support/rig.ts';

const QUESTION = 'Which rack does this machine stand in?';

/** A page on the console of web1, and all that its connection ever brought: what is shown scrolls away. */
async function openConsole(browser: Browser, url: string) {
  const page = await (await browser.newContext()).newPage();
  let received = '';
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      // Text is what the server says about the line; bytes are the console's.
      if (typeof payload !== 'string') received += payload.toString();
    });
  });
  await page.goto(url);
  await page.waitForURL('**/vm/web1');
  return { page, received: (text: string) => until(async () => received.includes(text)) };
}

/** Waits until a terminal shows it; for what stays there. */
const shows = (page: Page, text: string) =>
  page.waitForFunction(
    (wanted) =>
      document.querySelector('.xterm-rows')?.textContent?.replaceAll('\u00a0', ' ').includes(wanted),
    text,
  );

async function loginUrl({ call }: Rig, name: string): Promise<string> {
  const { url } = (await call('POST', '/login', { name })) as { url: string };
  return url.replace('login#', 'login?vm=web1#');
}

describe.skipIf(BROWSER.skip)(`an install in a browser${BROWSER.skip ? ` (${BROWSER.skip})` : ''}`, () => {
  it('is shown as it goes, answered by whoever has the line, and shown to who comes late', () =>
    withRig(
      0,
      async (rig) => {
        const browser = await launchBrowser();
        try {
          await rig.add('web1');
          const { page: watcher, received } = await openConsole(browser, `${rig.stage.web}/vm/web1`);
          await rig.install('web1');
          await received('(A)utoinstall or (S)hell? a');
          await received('Get/Verify base76.tgz');
          await shows(watcher, QUESTION);
          await watcher.getByText('installing').first().waitFor();

          const { page: first } = await openConsole(browser, await loginUrl(rig, 'anna'));
          await first.getByRole('region', { name: 'Waits for an answer' }).waitFor();
          expect(await first.locator('.question pre').innerText()).toBe(QUESTION);
          await first.waitForFunction(() => document.title.includes('Waits for an answer'));
          await first.click('.question button');
          await first.getByText('You hold the line').waitFor();
          await first.keyboard.type('4');
          await shows(first, `${QUESTION} 4`);
          await first.reload();
          await first.getByText('You hold the line').waitFor();

          // Open before the first one is gone, whose line would be given back after a while.
          const { page: second } = await openConsole(browser, await loginUrl(rig, 'anna'));
          await second.getByText('anna holds the line').waitFor();
          await first.context().close();
          await second.getByText('anna holds the line, connection lost').waitFor();
          await second.click('[data-do=take-over]');
          await second.getByText('You hold the line').waitFor();
          await second.keyboard.type('2');
          await shows(second, `${QUESTION} 42`);
          await second.keyboard.press('Enter');
          await received('Rack 42: noted.');
          await second.click('[data-do=give]');
          expect(await rig.ended('web1')).toBe('running');
          await shows(watcher, 'OpenBSD/amd64 (web1');
          await shows(watcher, 'login:');
          await second.click('[data-do=logout]');
          await second.getByText('Log in to type').waitFor();

          const { page: late } = await openConsole(browser, `${rig.stage.web}/vm/web1`);
          await shows(late, 'login:');
          await late.goto(`${rig.stage.web}/`);
          await late.getByText('web1').first().waitFor();
        } finally {
          await browser.close();
        }
      },
      { faults: ['site-asks'] },
    ));
});
