import { type Browser, chromium } from 'playwright-core';
import { requireProgram } from './require.ts';

export const BROWSER = requireProgram(
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  'chromium',
  'google-chrome',
);

/** Nothing but our server is to be spoken to. */
const FLAGS = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chromium's sandbox refuses to run as root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** A real browser with a fresh profile in a temporary directory. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: BROWSER.path, args: FLAGS });
