import { describe, expect, it } from 'vitest';
import { BROWSER, launchBrowser } from '../support/browser.ts';
import { withRig } from '../support/rig.ts';

describe.skipIf(BROWSER.skip)(`an install in a browser${BROWSER.skip ? ` (${BROWSER.skip})` : ''}`, () => {
  it('shows the text of the installer while it installs, and the login prompt to who comes late', () =>
    withRig(0.5, async ({ add, install, ended, stage }) => {
      const browser = await launchBrowser();
      try {
        await add('web1');
        const page = await browser.newPage();
        const screen = () => page.locator('.xterm-rows').innerText();
        const shows = (text: string, where = page) =>
          where.waitForFunction(
            (wanted) =>
              document.querySelector('.xterm-rows')?.textContent?.replaceAll('\u00a0', ' ').includes(wanted),
            text,
          );
        await page.goto(`${stage.web}/vm/web1`);
        await install('web1');
        await shows('(A)utoinstall or (S)hell? a');
        await shows('Get/Verify base76.tgz');
        expect(await page.locator('body').innerText()).toContain('installing');
        await shows('login:');
        expect(await ended('web1')).toBe('running');

        const late = await browser.newPage();
        await late.goto(`${stage.web}/vm/web1`);
        await shows('login:', late);
        expect(await screen()).toContain('OpenBSD/amd64');

        await late.goto(`${stage.web}/`);
        await late.getByText('web1').first().waitFor();
      } finally {
        await browser.close();
      }
    }));
});
