import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Dialogue,
  type DialogueEvent,
  type DialogueFacts,
  type Effect,
  standingOf,
  startDialogue,
  step,
  tailOf,
} from '../../console/dialogue.ts';
import { KILL } from '../../console/keys.ts';
import { MANNERS } from '../../console/manner.ts';
import { compileTable } from '../../console/prompts/compile.ts';
import { OPENBSD_TABLE } from '../../console/prompts/table.ts';
import type { Answer } from '../../src/autoinstall/response-file.ts';

const FACTS: DialogueFacts = { mode: 'auto', answers: [], location: null, until: 'congratulations' };
const MENU = '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ';
const WELCOME = '\r\nWelcome to the OpenBSD/amd64 7.6 installation program.\r\n';
const PERFORMING = 'Performing non-interactive install...\r\n';
const DONE = '\r\nCONGRATULATIONS! Your OpenBSD install has been successfully completed!\r\n\r\n';
const ROOT = 'Password for root account? ';

/** What the machine prints and when, in seconds; `null` is somebody typing. */
type Script = readonly (readonly [number, string | null])[];

interface Played {
  readonly dialogue: Dialogue;
  readonly effects: readonly Effect[];
  /** What was typed. */
  readonly typed: readonly string[];
  /** Prompts as `text -> answer`. */
  readonly prompts: readonly string[];
}

/** Plays a script with ticks whenever the dialogue wants one, up to `end` seconds. */
function play(facts: Partial<DialogueFacts>, script: Script, end = (script.at(-1)?.[0] ?? 0) + 2): Played {
  let dialogue = startDialogue({ ...FACTS, ...facts });
  const effects: Effect[] = [];
  const take = (event: Parameters<typeof step>[1]): void => {
    const [next, said] = step(dialogue, event);
    dialogue = next;
    effects.push(...said);
  };
  for (const [at, text] of script) take(text === null ? { kind: 'input', at } : { kind: 'output', text, at });
  while (dialogue.wakeAt !== null && dialogue.wakeAt <= end) take({ kind: 'tick', at: dialogue.wakeAt });
  return {
    dialogue,
    effects,
    typed: effects.flatMap((effect) => (effect.kind === 'type' ? [effect.text] : [])),
    prompts: effects.flatMap((effect) =>
      effect.kind === 'prompt' ? [`${effect.text} -> ${effect.answer}`] : [],
    ),
  };
}

const answers = (text: Readonly<Record<string, string>>): Answer[] =>
  Object.entries(text).map(([key, value]) =>
    key.startsWith('Password') ? { key, value, secret: true } : { key, value },
  );

describe('at the menu', () => {
  it.each<[string, Partial<DialogueFacts>, string, string[]]>([
    ['types a', {}, MENU, ['a\r']],
    ['types i', { mode: 'type' }, MENU, ['i\r']],
    ['types u', { mode: 'upgrade' }, MENU, ['u\r']],
    ['leaves the timer alone', {}, `Starting non-interactive mode in 5 seconds...\r\n${MENU}`, []],
    [
      'stops the timer',
      { mode: 'type' },
      `Starting non-interactive mode in 5 seconds...\r\n${MENU}`,
      ['i\r'],
    ],
    [
      'types a when somebody has stopped the timer',
      {},
      `Starting non-interactive mode in 5 seconds...\r\n${MENU}\r\n${MENU}`,
      ['a\r'],
    ],
    ['ignores one that is half printed', {}, MENU.slice(0, -1), []],
    ['ignores one that has gone on', {}, `${MENU}a`, []],
  ])('%s', (_, facts, output, typed) => {
    expect(play(facts, [[1, WELCOME + output]]).typed).toEqual(typed);
  });

  it('answers a menu that lost the answer, but not for ever', () => {
    // Without an echo the menu may only have been drawn again, so the answer counts as lost after a while.
    const again: Script = [10, 20, 30, 40].map((at) => [at, `\r\n${MENU}`]);
    expect(play({}, [[0, WELCOME + MENU], ...again], 60).typed).toEqual(['a\r', 'a\r', 'a\r']);
  });

  it('types nothing after a failure', () => {
    const failed = 'Question has no answer in response file: "x?"\r\nfailed; check /tmp/ai/ai.log\r\n';
    const { typed, prompts } = play({}, [[1, `${WELCOME}${MENU}a\r\n${PERFORMING}${failed}${MENU}`]]);
    expect(typed).toEqual([]);
    expect(prompts).toEqual([`${MENU.trimEnd()} -> null`]);
  });

  it('reports a timer that somebody stopped by typing', () => {
    const script: Script = [
      [1, `Starting non-interactive mode in 5 seconds...\r\n${MENU}`],
      [2, null],
    ];
    expect(play({}, script).prompts).toEqual([`${MENU.trimEnd()} -> null`]);
  });
});

describe('for the response file', () => {
  const ASKED = `${WELCOME}${MENU}a\r\nCould not determine auto mode.\r\nResponse file location? [http://10.0.0.1/install.conf] `;

  it('types the location', () => {
    expect(play({ location: 'http://h/r/T/install.conf' }, [[1, ASKED]]).typed).toEqual([
      'http://h/r/T/install.conf\r',
    ]);
  });

  it('fails with the reason when nothing answers', () => {
    const { typed, dialogue } = play({}, [[1, ASKED]]);
    expect(typed).toEqual([]);
    expect(standingOf(dialogue)).toEqual({
      outcome: 'failed',
      reason: 'nothing answers "Response file location?": Could not determine auto mode.',
    });
  });

  it.each<[string, Partial<DialogueFacts>, string]>([
    ['i', { location: 'http://h/x.conf' }, 'i\r'],
    ['u by mode', { location: 'http://h/x.conf', mode: 'upgrade' }, 'u\r'],
    ['u by location', { location: 'http://h/upgrade.conf' }, 'u\r'],
    ['u by location with a query', { location: 'http://h/aa-upgrade.conf?x=y' }, 'u\r'],
  ])('chooses %s', (_, facts, key) => {
    expect(play(facts, [[1, `${WELCOME}(I)nstall or (U)pgrade? `]]).typed).toEqual([key]);
  });

  it('takes the default interface for DHCP', () => {
    const question = 'Which network interface should be used for the initial DHCP request? [vio0] ';
    const { typed, dialogue } = play({}, [[1, `${WELCOME}${MENU}a\r\n${question}`]]);
    expect({ typed, answering: dialogue.answering }).toEqual({ typed: ['\r'], answering: null });
  });
});

describe('at questions', () => {
  const at = (question: string): Script => [
    [1, `${WELCOME}${MENU}`],
    [2, `i\r\n${question}`],
  ];

  it.each<[string, Answer[], string, string[]]>([
    [
      'the response file',
      answers({ 'System hostname': 'puffy' }),
      'System hostname? (short) [x] ',
      ['puffy\r'],
    ],
    ['the default', [], 'System hostname? (short) [x] ', ['\r']],
    ['nothing', [], 'System hostname? (short) ', []],
    ['a backslash doubled', answers({ 'Full name': 'a\\b' }), 'Full name for user x? [x] ', ['a\\\\b\r']],
    ['no command', answers({ 'Full name': '!sh' }), 'Full name for user x? [x] ', []],
    ['no control character', answers({ 'Full name': 'a\x03' }), 'Full name for user x? [x] ', []],
    ['no secret that would be echoed', answers({ 'Password pattern': 'abcd' }), 'Password pattern? [x] ', []],
    ['an unknown question', answers({ 'Colour of the fish': 'blue' }), 'Colour of the fish? ', ['blue\r']],
    ['nothing in a numbered menu', [], '1) a\r\n#? ', []],
  ])('types %s', (_, given, question, typed) => {
    expect(play({ mode: 'type', answers: given }, at(question)).typed.slice(1)).toEqual(typed);
  });

  it('waits for a default that comes late', () => {
    const script: Script = [...at("System hostname? (short form, e.g. 'foo') "), [2.1, '[labhost] ']];
    expect(play({ mode: 'type' }, script).prompts.slice(1)).toEqual([
      "System hostname? (short form, e.g. 'foo') [labhost] -> ",
    ]);
  });

  it('answers at once where nothing can follow, else after a silence', () => {
    const exact = play({ mode: 'type' }, at('Start sshd(8) by default? [yes] '), 2);
    const open = play(
      { mode: 'type', answers: answers({ 'HTTP Server': 'h' }) },
      at('HTTP Server? (hostname) '),
      2,
    );
    expect([exact.typed, open.typed]).toEqual([['i\r', '\r'], ['i\r']]);
    expect(open.dialogue.wakeAt).toBeCloseTo(2.15);
  });

  it('takes no device in the lines before for a kernel message that broke into the prompt', () => {
    const noise = '/dev/rsd0a: file system is clean; not checking\r\nfsd1 at scsibus2\r\n';
    const { typed } = play({ mode: 'type' }, at(`${noise}Start sshd(8) by default? [yes] `), 2);
    expect(typed).toEqual(['i\r', '\r']);
  });

  it('does not answer a repeated question from a line that is consumed', () => {
    const question = "Set name(s)? (or 'abort' or 'done') [done] ";
    const script: Script = [...at(question), [3, `-game*\r\n [ ] game76.tgz\r\n${question}`]];
    expect(play({ mode: 'type', answers: answers({ 'Set name(s)': '-game*' }) }, script).typed).toEqual([
      'i\r',
      '-game*\r',
      '\r',
    ]);
  });

  it('stops answering a question that comes back for ever', () => {
    const question = 'HTTP Server? (hostname) [h] ';
    const again: Script = Array.from({ length: 10 }, (_, index) => [
      3 + index,
      `\r\nno sets.\r\n${question}`,
    ]);
    expect(play({ mode: 'type' }, [...at(question), ...again]).typed).toEqual(['i\r', '\r', '\r', '\r']);
  });

  it('answers a prompt once that a kernel message made the installer draw again', () => {
    const question = "Network interface to configure? (name, lladdr, '?', or 'done') [vio0] ";
    const script: Script = [
      ...at(question),
      [2.01, `sd1 at scsibus3 targ 0 lun 0: <a, b, c>\r\n${question}`],
      [2.05, `\r\nIPv4 address for vio0? (or 'autoconf' or 'none') [autoconf] `],
    ];
    expect(play({ mode: 'type' }, script).typed).toEqual(['i\r', '\r', '\r']);
  });

  it('answers a prompt once that is drawn again on the same line', () => {
    const question = 'Start sshd(8) by default? [yes] ';
    expect(play({ mode: 'type' }, [...at(question), [2.5, question], [3, question]]).typed).toEqual([
      'i\r',
      '\r',
    ]);
  });

  it('answers again when the redrawn prompt stays: the answer was lost', () => {
    const question = 'Setup a user? (enter a lower-case loginname) [no] ';
    const script: Script = [...at(question), [2.01, `sd1 detached\r\n${question}`]];
    expect(play({ mode: 'type', answers: answers({ 'Setup a user': 'puffy' }) }, script, 10).typed).toEqual([
      'i\r',
      'puffy\r',
      'puffy\r',
    ]);
  });

  it('types nothing where somebody else has typed', () => {
    const script: Script = [...at("What timezone are you in? ('?' for list) "), [2.1, null]];
    const { typed, prompts } = play({ mode: 'type', answers: answers({ timezone: 'UTC' }) }, script);
    expect(typed).toEqual(['i\r']);
    expect(prompts[1]).toBe("What timezone are you in? ('?' for list) -> UTC");
  });

  it('takes nothing for a question outside of an installer', () => {
    const { typed, prompts } = play({}, [[1, 'OpenBSD 7.6 (GENERIC) #1: x\r\nWhat now? [go] ']]);
    expect({ typed, prompts }).toEqual({ typed: [], prompts: ['What now? [go] -> null'] });
  });
});

describe('at passwords', () => {
  const given = answers({ 'Password for root': 's3cret\\', 'Password for user puffy': 'other' });

  it('types both times the same, and again after a mismatch', () => {
    const script: Script = [
      [1, `${WELCOME}${MENU}`],
      [2, `i\r\n${ROOT}(will not echo) `],
      [3, `\r\n${ROOT}(again) `],
      [4, `\r\nPasswords do not match, try again.\r\n${ROOT}(will not echo) `],
      [5, `\r\n${ROOT}(again) `],
      [6, '\r\nPassword for user puffy? (will not echo) '],
      [7, '\r\nPassword for user puffy? (again) '],
    ];
    const { typed, effects, prompts } = play({ mode: 'type', answers: given }, script);
    const root = 's3cret\\\r';
    expect(typed).toEqual(['i\r', root, root, root, root, 'other\r', 'other\r']);
    expect(prompts.slice(1).every((prompt) => prompt.endsWith('-> ***'))).toBe(true);
    const typing = effects.filter((effect) => effect.kind === 'type').slice(1);
    expect(typing.every((effect) => effect.secret)).toBe(true);
    expect(JSON.stringify(effects.filter((effect) => effect.kind !== 'type'))).not.toMatch(/s3cret|other/);
  });

  it('waits until the echo is off for certain', () => {
    const { typed } = play({ mode: 'type', answers: given }, [[1, `${WELCOME}i\r\n${ROOT}`]], 30);
    expect(typed).toEqual([]);
  });

  it('types no password that it does not have', () => {
    const { prompts } = play({ mode: 'type' }, [[1, `${WELCOME}i\r\n${ROOT}(will not echo) `]]);
    expect(prompts).toEqual([`${ROOT}(will not echo) -> null`]);
  });

  it('masks one that was echoed all the same', () => {
    const { dialogue } = play({ mode: 'type', answers: given }, [[1, 's3cret\\\r\nls3cret\\ again']]);
    expect(tailOf(dialogue)).toBe('***\nl*** again');
  });
});

describe('the outcome', () => {
  const run = `${WELCOME}${MENU}a\r\n${PERFORMING}`;

  it.each<[string, string, string]>([
    [
      'a question without an answer, whatever follows',
      `${run}${ROOT}\r\nQuestion has no answer in response file: "password for root account?"\r\nfailed; check /tmp/ai/ai.log\r\n${MENU}`,
      'Question has no answer in response file: "password for root account?"',
    ],
    [
      'no response file',
      `${WELCOME}${MENU}a\r\nFetching http://h/x\r\nNo response file found; non-interactive mode aborted.\r\n\r\n# `,
      'No response file found; non-interactive mode aborted.',
    ],
    ['a log to check', `${run}failed; check /tmp/ai/ai.log\r\n`, 'failed; check /tmp/ai/ai.log'],
    [
      'a bad checksum',
      `${run}Checksum test for comp76.tgz failed. Continue anyway? [no] no\r\nfailed; check /tmp/ai/ai.log\r\n`,
      'Checksum test for comp76.tgz failed.',
    ],
    [
      'a set that cannot be fetched',
      `${run}Fetching of base76.tgz failed. Continue anyway? [no] no\r\nfailed; check /tmp/ai/ai.log\r\n`,
      'Fetching of base76.tgz failed.',
    ],
    ['a wrong disk', `${run}no such disk\r\nfailed; check /tmp/ai/ai.log\r\n`, 'no such disk'],
    ['install.site', `${run}install.site failed\r\n`, 'install.site failed'],
    ['a panic', `${run}panic: kernel diagnostic\r\nStopped at x\r\nddb> `, 'panic: kernel diagnostic'],
    ['the debugger', `${run}Stopped at x\r\nddb{0}> `, 'the kernel stopped in its debugger'],
    ['a menu that came back', `${run}oops\r\n${MENU}`, 'the installer gave up and went back to its menu'],
    ['a shell', `${run}oops\r\n# `, 'the installer gave up and left a shell prompt'],
    ['a reason before a shell', `${run}no such disk\r\n# `, 'no such disk'],
    [
      'login: alone',
      'OpenBSD 7.6 (GENERIC.MP) #1: x\r\nlogin: ',
      '"login:" came, but nobody saw an install succeed',
    ],
  ])('is failed after %s', (_, output, reason) => {
    const { effects, dialogue } = play({}, [[1, output]]);
    expect(standingOf(dialogue)).toEqual({ outcome: 'failed', reason });
    expect(effects.filter(({ kind }) => kind === 'outcome')).toEqual([
      { kind: 'outcome', outcome: 'failed', reason },
    ]);
  });

  it('forgives a checksum that the response file forgives', () => {
    const forgiven =
      'Checksum test for site76.tgz failed. Continue anyway? [no] yes\r\nfailed; check /tmp/ai/ai.log\r\n';
    expect(standingOf(play({}, [[1, run + forgiven]]).dialogue).reason).toBe('failed; check /tmp/ai/ai.log');
  });

  it('is installed once the machine reboots', () => {
    const { effects } = play({}, [
      [1, run + DONE],
      [4, 'syncing disks... done\r\nrebooting...\r\n'],
    ]);
    expect(effects.filter(({ kind }) => kind === 'outcome' || kind === 'phase').slice(-3)).toEqual([
      { kind: 'phase', name: 'done', at: 1 },
      { kind: 'phase', name: 'reboot', at: 4 },
      { kind: 'outcome', outcome: 'installed', reason: null },
    ]);
  });

  it('is installed a while after CONGRATULATIONS where no reboot shows', () => {
    expect(play({}, [[1, run + DONE]], 15.9).effects.some(({ kind }) => kind === 'outcome')).toBe(false);
    expect(play({}, [[1, run + DONE]], 16).effects.at(-1)).toEqual({
      kind: 'outcome',
      outcome: 'installed',
      reason: null,
    });
  });

  it('is upgraded for an upgrade', () => {
    const { dialogue } = play({}, [[1, DONE.replace('install', 'upgrade')]]);
    expect(standingOf(dialogue).outcome).toBe('upgraded');
  });

  it('answers the question at the end of an interactive install', () => {
    const exit = 'Exit to (S)hell, (H)alt or (R)eboot? [reboot] ';
    expect(play({}, [[1, DONE + exit]]).typed).toEqual(['reboot\r']);
    expect(play({}, [[1, exit]]).typed).toEqual([]);
  });

  it('comes with login: when that is awaited', () => {
    const boot =
      'rebooting...\r\nOpenBSD 7.6 (GENERIC) #1: x\r\n\r\nOpenBSD/amd64 (puffy) (tty00)\r\n\r\nlogin: ';
    const { effects } = play({ until: 'login' }, [
      [1, run + DONE],
      [30, boot],
    ]);
    expect(effects.slice(-3)).toMatchObject([
      { kind: 'phase', name: 'login' },
      { kind: 'prompt', name: 'login', text: 'login:', answer: null },
      { kind: 'outcome', outcome: 'installed' },
    ]);
  });

  it('turns when a human mends what had failed', () => {
    const failed = `${run}failed; check /tmp/ai/ai.log\r\n${MENU}`;
    const script: Script = [
      [1, failed],
      [60, null],
      [61, `a\r\n${PERFORMING}${DONE}rebooting...\r\n`],
    ];
    const outcomes = play({}, script).effects.filter(({ kind }) => kind === 'outcome');
    expect(outcomes).toMatchObject([{ outcome: 'failed' }, { outcome: 'installed' }]);
  });

  it.each<[string, Partial<DialogueFacts>, Script, number, string]>([
    ['nothing at all', {}, [[0, '']], 300, 'stalled before anything known was seen: nothing new for 300 s'],
    [
      'a kernel that hangs',
      {},
      [[0, 'OpenBSD 7.6 (RAMDISK_CD) #1: x\r\n']],
      180,
      'stalled in phase kernel: nothing new for 180 s',
    ],
    [
      'a download that hangs',
      {},
      [
        [0, run],
        [10, '\rGet/Verify base76.tgz 3% | |'],
        [20, '\rGet/Verify base76.tgz 4% | |'],
      ],
      1220,
      'stalled in phase sets-fetch: nothing new for 1200 s',
    ],
    [
      'a question that nobody answers',
      { mode: 'type' },
      [[0, `${WELCOME}i\r\nHTTP Server? (hostname) `]],
      301,
      'stalled in phase questions: "HTTP Server? (hostname)" waited 300 s for an answer',
    ],
  ])('is a stall with %s', (_, facts, script, end, reason) => {
    expect(standingOf(play(facts, script, end - 2).dialogue).outcome).toBe('incomplete');
    const { dialogue } = play(facts, script, end);
    expect(standingOf(dialogue)).toEqual({ outcome: 'failed', reason });
    expect(dialogue.wakeAt).toBeNull();
  });

  it('is no stall any more when it goes on', () => {
    const script: Script = [
      [0, 'OpenBSD 7.6 (RAMDISK_CD) #1: x\r\n'],
      [500, `${WELCOME}${MENU}`],
    ];
    const { dialogue, typed } = play({}, script);
    expect(standingOf(dialogue).outcome).toBe('incomplete');
    expect(typed).toEqual(['a\r']);
  });

  it('is incomplete when the console closes too early', () => {
    const [, effects] = step(play({}, [[1, run]]).dialogue, { kind: 'closed', at: 5 });
    const reason = 'the console closed in phase questions';
    expect(effects).toEqual([{ kind: 'outcome', outcome: 'incomplete', reason }]);
  });

  it('is installed when the console closes after CONGRATULATIONS', () => {
    const [, effects] = step(play({}, [[1, run + DONE]]).dialogue, { kind: 'closed', at: 5 });
    expect(effects).toEqual([{ kind: 'outcome', outcome: 'installed', reason: null }]);
  });
});

describe('resumed in the middle', () => {
  it.each<[string, Script, number, string[]]>([
    ['one RETURN to a console that stays silent', [], 100, ['\r']],
    ['none before it was silent for 10 s', [[5, 'Connected to /dev/ttyp1 (speed 115200)\r\n']], 14, []],
    ['one where only cu said something', [[5, 'Connected to /dev/ttyp1 (speed 115200)\r\n']], 15, ['\r']],
    ['none where the install is seen to go on', [[5, '\rInstalling bsd   3% | |']], 100, []],
    ['none where a menu waits', [[5, MENU]], 100, ['a\r']],
  ])('sends %s', (_, script, end, typed) => {
    expect(play({ taking: 'resume' }, script, end).typed).toEqual(typed);
  });

  it.each<[string, Script, number, string[]]>([
    ['kills the line before its RETURN', [], 100, [KILL, '\r']],
    ['sends no RETURN where the kill erased something', [[9.2, '\b \b\b \b']], 200, [KILL]],
    ['sends none, and kills nothing, where text stands on the line', [[5, 'sd1']], 200, []],
    [
      'waits anew where something else came behind the kill',
      [[9.2, '\r\nhello\r\n']],
      100,
      [KILL, KILL, '\r'],
    ],
  ])('%s', (_, script, end, written) => {
    const { effects } = play({ taking: 'resume', manner: MANNERS.vmd }, script, end);
    expect(effects.flatMap((effect) => (effect.kind === 'write' ? [effect.text] : [])).join('')).toEqual(
      written.join(''),
    );
  });

  it.each<[string, Script]>([
    ['the kill erased', [[9.2, '\b \b']]],
    [
      'still stands on the line',
      [
        [0.1, 'a'],
        [9.2, '\b \b'],
      ],
    ],
  ])('sends its RETURN later where what only the driver can have typed %s', (_, script) => {
    const facts = { taking: 'resume', early: true, manner: MANNERS.vmd } as const;
    const { effects } = play(facts, script, 100);
    const written = effects.map((effect) => (effect.kind === 'write' ? effect.text : ''));
    expect(written.join('')).toBe(`${KILL}${KILL}\r`);
  });

  it('says what was left half typed when nobody finishes it', () => {
    const { dialogue } = play({ taking: 'resume', manner: MANNERS.vmd }, [[9.2, '\b \b']], 400);
    expect(standingOf(dialogue).reason).toContain('half typed');
  });

  it('sends none to what a human left half typed when he gave the line back', () => {
    let dialogue = startDialogue({ ...FACTS, taking: 'resume', manner: MANNERS.vmd });
    const events: readonly DialogueEvent[] = [
      { kind: 'taken', at: 1 },
      { kind: 'output', text: 'sd1', at: 2 },
      { kind: 'given', lastKey: '1', at: 3 },
      ...[12, 13, 14, 60].map((at) => ({ kind: 'tick', at }) as const),
    ];
    const effects = events.flatMap((event) => {
      const [next, said] = step(dialogue, event);
      dialogue = next;
      return said;
    });
    expect(effects).toEqual([]);
  });

  it('knows that the installer gave up while nobody watched', () => {
    const shell: Script = [[11, '\r\n# ']];
    expect(standingOf(play({ taking: 'resume' }, shell).dialogue)).toMatchObject({ outcome: 'failed' });
    expect(standingOf(play({}, shell).dialogue)).toMatchObject({ outcome: 'incomplete' });
  });

  it.each(['type', 'upgrade'] as const)('sends none in mode %s, where it would take a default', (mode) => {
    const [, effects] = step(startDialogue({ ...FACTS, mode, taking: 'resume' }), { kind: 'tick', at: 20 });
    expect(effects).toEqual([]);
  });
});

describe('taken again where an install had failed', () => {
  const GREETING = 'Connected to /dev/ttyp1 (speed 115200)\r\n';
  it('leaves the shell for the menu, and starts autoinstall there', () => {
    const { typed, dialogue } = play({ taking: 'again' }, [
      [1, GREETING],
      [5, '\r\n# '],
      [6, `exit\r\nerase ^?, werase ^W, kill ^U, intr ^C, status ^T\r\n\r\n${WELCOME}${MENU}`],
      [8, 'a\r\nFetching http://10.0.0.1/install.conf\r\nPerforming non-interactive install...\r\n'],
    ]);
    expect(typed).toEqual(['\r', 'exit\r', 'a\r']);
    expect(dialogue.phase).toBe('questions');
  });

  it.each<[string, Script, string]>([
    ['a login prompt', [[3, '\r\nlogin: ']], 'the console shows "login:"'],
    ['a question', [[3, '\r\nTerminal type? [vt220] ']], 'the console shows "Terminal type? [vt220]"'],
    ['nothing at all', [], 'stalled before anything known was seen: nothing new for 30 s'],
  ])('types at nothing else: %s', (_, script, reason) => {
    const { typed, dialogue } = play({ taking: 'again' }, script, 60);
    expect(typed).toEqual(['\r']);
    expect(standingOf(dialogue).reason).toContain(reason);
  });
});

describe("an operator's own row while autoinstall answers itself", () => {
  const prompts = [{ name: 'rack', prompt: 'Which rack[?] $', answer: { text: '7' } }];
  const own = { name: 'ours', base: 'openbsd', releases: 'seen 7.6', prompts } as const;
  const table = compileTable(own, OPENBSD_TABLE);
  const run = `${WELCOME}${MENU}a\r\n${PERFORMING}`;
  it.each<[string, Script, number, string[]]>([
    ['is answered once it has stood for ten seconds', [[1, `${run}Which rack? `]], 11, ['7\r']],
    ['is not before, because autoinstall may answer it', [[1, `${run}Which rack? `]], 10.9, []],
    [
      'is not where it went on',
      [
        [1, `${run}Which rack? `],
        [1.1, '9\r\n'],
      ],
      60,
      [],
    ],
    ['leaves the others alone', [[1, `${run}System hostname? (short form) [x] `]], 60, []],
  ])('%s', (_, script, end, typed) => {
    expect(play({ table }, script, end).typed).toEqual(typed);
  });
});

describe('a guest that is watched', () => {
  const FIRMWARE =
    '\rGet/Verify intel-firmware.tgz  50% |***  |\rGet/Verify intel-firmware.tgz 100% |*****|\r\n';
  it('has begun no upgrade when it fetches firmware', () => {
    const { dialogue, effects } = play({ mode: 'watch' }, [[1, `vmd# fw_update\r\n${FIRMWARE}`]], 10_000);
    expect(effects).toEqual([]);
    expect(dialogue.wakeAt).toBeNull();
  });

  it('has begun one where the console was taken up again in the middle of it', () => {
    const done = DONE.replaceAll('install', 'upgrade');
    const facts = { mode: 'watch', taking: 'resume', until: 'login' } as const;
    const boot = 'rebooting...\r\nOpenBSD 7.7 (GENERIC) #1: x\r\n\r\nlogin: ';
    const { dialogue, typed } = play(facts, [[1500, `${done}${boot}`]]);
    expect(standingOf(dialogue)).toEqual({ outcome: 'upgraded', reason: null });
    expect([dialogue.release, typed]).toEqual(['7.7', []]);
    expect(standingOf(play(facts, [], 1999).dialogue).outcome).toBe('incomplete');
    expect(standingOf(play(facts, [], 2000).dialogue).outcome).toBe('failed');
  });

  it('fetches firmware at its first boot, and no sets', () => {
    const { dialogue } = play({ until: 'login' }, [
      [1, `${WELCOME}${PERFORMING}${DONE}rebooting...\r\n`],
      [9, `running rc.firsttime\r\n${FIRMWARE}`],
    ]);
    expect(dialogue.phase).toBe('first-boot');
  });
});

it('tells percentages and the release', () => {
  const bars = '\rInstalling bsd   0% |  |\rInstalling bsd 100% |**|\r\n\rExtracting etc.tgz  50% |* |';
  const { effects } = play({}, [[1, WELCOME + bars]]);
  expect(effects.filter(({ kind }) => kind === 'progress' || kind === 'release')).toEqual([
    { kind: 'release', release: '7.6' },
    { kind: 'progress', stage: 'install', file: 'bsd', percent: 100 },
    { kind: 'progress', stage: 'install', file: 'etc.tgz', percent: 50 },
  ]);
});

it.each<DialogueFacts['mode']>(['auto', 'type', 'upgrade'])(
  'meets any output and types nothing, mode %s',
  (mode) => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\r', '\n', '\r\n', '? ', '[x] ', '# ', '% |', '\x1b[', '100% |'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const script: Script = pieces.map((text, index) => [index, text]);
        expect(play({ mode }, script, 10_000).typed).toEqual([]);
      }),
    );
  },
);

it('keeps no more than an end of what was printed', () => {
  const flood: Script = Array.from({ length: 50 }, (_, index) => [
    index,
    'x'.repeat(5000) + '\n'.repeat(index * 50),
  ]);
  const { dialogue } = play({}, flood);
  expect(JSON.stringify(dialogue).length).toBeLessThan(10_000);
});
