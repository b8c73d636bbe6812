import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { DialogueFacts } from '../../console/dialogue.ts';
import { drive } from '../../console/io/driver.ts';
import { openPty } from '../../console/io/pty.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';

const INSTALLER = fileURLToPath(new URL('../../fixtures/console/bad-line.mjs', import.meta.url));
const LOCATION = 'http://192.0.2.1/r/0123456789abcdef0123456789abcdef/install.conf';
const PASSWORD = 'correct horse battery';
const READ = {
  auto: ['a', LOCATION, 'i'],
  type: [
    'i',
    'puffy',
    '',
    PASSWORD,
    PASSWORD,
    'no',
    'operator',
    'Europe/Berlin',
    'sd1',
    'http://192.0.2.1:8080',
    'reboot',
  ],
  upgrade: ['u', '', 'sd1', '', 'http://192.0.2.1:8080', 'reboot'],
};
const ANSWERS: DialogueFacts['answers'] = [
  { key: 'System hostname', value: 'puffy' },
  { key: 'Password for root', value: PASSWORD, secret: true },
  { key: 'Start sshd(8)', value: 'no' },
  { key: 'Setup a user', value: 'operator' },
  { key: 'What timezone are you in', value: 'Europe/Berlin' },
  { key: 'Which disk is the root disk', value: 'sd1' },
  { key: 'HTTP Server', value: 'http://192.0.2.1:8080' },
];

it.each((['auto', 'type', 'upgrade'] as const).flatMap((mode) => [1, 2, 3].map((seed) => ({ mode, seed }))))(
  'installs over a line that loses and delays, in mode $mode, seed $seed',
  async ({ mode, seed }) => {
    const line = openPty([process.execPath, INSTALLER, mode, String(seed)], { env: process.env });
    const typed: string[] = [];
    const facts = { mode, answers: ANSWERS, location: LOCATION, until: 'congratulations' } as const;
    const recorder = { typed: (text: string) => void typed.push(text), mark: () => undefined };
    const result = await drive({ line, clock: SYSTEM_CLOCK, facts, recorder, console: 'other' });
    line.close();
    await line.closed;
    expect(result).toMatchObject({ outcome: 'installed', reason: null });
    const read = READ[mode].map((text) => (text === PASSWORD ? '***' : text));
    expect(result.tail).toContain(`READ ${JSON.stringify(read)}`);
    expect(typed.length).toBeGreaterThanOrEqual(read.length);
  },
  60_000,
);
