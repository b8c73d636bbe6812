import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../console/transcript.ts';
import { puffboot, until } from '../support/puffboot.ts';
import { type Rig, withRig } from '../support/rig.ts';
import { terminal, typeLogin } from '../support/terminal.ts';

const QUESTION = 'Which rack does this machine stand in?';
const ASKING = { faults: ['site-asks'] } as const;

const asks = (rig: Rig) => until(async () => (await rig.show('web1')).install?.question?.text === QUESTION);

const recorded = async (rig: Rig) => (await rig.recordings()).join('\n');

/** What the recordings have of it. */
const typedIn = (casts: readonly string[]): string =>
  casts
    .flatMap((text) => parseTranscript(text, 'web1.cast').events)
    .map(({ code, text }) => (code === 'i' ? text : ''))
    .join('');

describe('a human at the line', () => {
  it('answers in his terminal what nothing else can, and the install goes on', () =>
    withRig(
      0,
      async (rig) => {
        await rig.add('web1');
        const follower = terminal(rig, 'install', 'web1');
        await asks(rig);
        await follower.shows(`for an answer to "${QUESTION}": type it in \`puffboot console web1\``);
        const shown = await puffboot(['vm', 'show', '-f', rig.stage.configFile, 'web1']);
        expect(shown.stdout).toMatch(
          /^state +installing \(waits for an answer\)\nwaits +for an answer to "Which rack/m,
        );
        const anna = terminal(rig, 'console', 'web1');
        await anna.shows('You hold the line of web1');
        await anna.shows(QUESTION);
        // What cu(1) would take for its own end arrives as it was typed.
        anna.type('\r~x12');
        await anna.shows('~x12');

        const refused = terminal(rig, 'console', 'web1');
        expect((await refused.closed).exitCode).toBe(1);
        expect(refused.shown()).toContain('holds the line');
        const bob = terminal(rig, 'console', '--take', 'web1');
        await bob.shows('You hold the line of web1');
        await anna.shows('Somebody else took the line over.');
        anna.type('z');
        bob.type('\x15rack-7');
        await bob.shows('rack-7');
        bob.type('\r');
        await bob.shows('Rack rack-7: noted.');
        bob.type('~.');
        expect((await bob.closed).exitCode).toBe(0);
        expect(await rig.ended('web1')).toBe('running');
        expect((await follower.closed).exitCode).toBe(0);
        expect(follower.shown()).toContain(
          '`puffboot prompts learn web1 --into TABLE` keeps what was answered',
        );
        anna.type('\r~.');
        expect((await anna.closed).exitCode).toBe(0);
        expect(typedIn(await rig.recordings())).toContain('rack-7\r');
      },
      ASKING,
    ));

  it('keeps the line when serve is killed with -9 and started again', () =>
    withRig(
      0,
      async (rig) => {
        await rig.add('web1');
        await rig.install('web1');
        await asks(rig);
        const anna = terminal(rig, 'console', 'web1');
        await anna.shows('You hold the line of web1');
        anna.type('half ');
        await anna.shows('half ');
        await rig.kill();
        await anna.shows('waiting for it');
        await rig.restart();
        // Hers only once cu(1) is connected, which throws away what was typed before.
        await anna.shows('You hold the line', 2);
        anna.type('an answer\r');
        await anna.shows('Rack half an answer: noted.');
        anna.type('~.');
        await anna.closed;
        expect(await rig.ended('web1')).toBe('running');
      },
      ASKING,
    ));

  it('opens a console that nothing holds, records no password, and lets it go', () =>
    withRig(0, async (rig) => {
      await rig.add('web1');
      await rig.install('web1');
      await rig.ended('web1');
      const anna = await typeLogin(rig, 'web1', 'not-to-be-seen');
      await anna.shows('Login incorrect');
      anna.type('~.');
      await anna.closed;
      // Written by another process, in its own time.
      await until(async () => (await recorded(rig)).includes('Login incorrect'));
      const kept = await recorded(rig);
      expect([kept.includes('not-to-be-seen'), kept.includes('"i", "***')]).toEqual([false, true]);
      expect(await rig.log()).not.toContain('not-to-be-seen');
    }));

  it('is told who else may have the console', () =>
    withRig(0, async (rig) => {
      await rig.add('web1');
      await rig.vmctl('load', `${rig.stage.directory}/host/etc/puffboot/web1.conf`);
      const { status, stderr } = await puffboot(['console', 'web1', '-f', rig.stage.configFile]);
      expect([status, stderr]).toEqual([1, expect.stringContaining('must be a terminal')]);
      const anna = terminal(rig, 'console', 'web1');
      expect((await anna.closed).exitCode).toBe(1);
      expect(anna.shown()).toContain('web1 has no console now: it does not run');
    }));
});
