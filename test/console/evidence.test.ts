import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Dialogue,
  type DialogueFacts,
  type Effect,
  startDialogue,
  step,
} from '../../console/dialogue.ts';
import { renderEvidence } from '../../console/evidence/report.ts';
import { type Collecting, type Evidence, startEvidence, stepEvidence } from '../../console/evidence.ts';
import { MANNERS } from '../../console/manner.ts';
import { checkTable } from '../../console/prompts/check.ts';

const MENU = '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ';
const WELCOME = 'Welcome to the OpenBSD/amd64 7.6 installation program.\r\n';
const FACTS: DialogueFacts = {
  mode: 'auto',
  location: null,
  until: 'congratulations',
  manner: MANNERS.other,
  answers: [{ key: 'Password for root account', value: 'hunter2hunter2', secret: true }],
};
const FAILED = `${WELCOME}${MENU}a\r\nPerforming non-interactive install...\r\nQuestion has no answer in response file: "password for root account?"\r\nfailed; check /tmp/ai/ai.log\r\n`;

/** What a ramdisk's programs say, by the command without its marker. */
const RAMDISK: Readonly<Record<string, string>> = {
  'cat /tmp/ai/ai.log': 'Terminal type? [vt220] vt220\r\nand no newline at its end',
  "sed '/ass[wp]/d' /tmp/i/*.resp": 'System hostname = web1\r\n',
  'ifconfig -A': 'vio0: flags=8843<UP> mtu 1500\r\n\tlladdr fe:e1:bb:d1:4c:7a\r\n',
  'route -n show': 'Routing tables\r\n',
  dmesg:
    'OpenBSD 7.6 (RAMDISK_CD) #1: now\r\nsd0 at scsibus1 targ 0 lun 0: <x>\r\nsd0: 1MB\r\nsd1 at scsibus2 targ 0\r\n',
  'disklabel sd0': '# /dev/rsd0c:\r\n',
};

interface Machine {
  /** What stands on the console when the install has failed. */
  readonly prompt: string;
  readonly says?: Readonly<Record<string, string>>;
  /** How its output reaches us. */
  readonly pieces?: (text: string) => readonly string[];
}

/** Lets a failed dialogue collect evidence at a machine; time passes as fast as ticks are asked for. */
function collect(dialogue: Dialogue, { prompt, says = RAMDISK, pieces = (text) => [text] }: Machine) {
  let at = 100;
  let state = startEvidence(dialogue, at);
  const written: string[] = [];
  const coming: string[] = [...pieces(prompt)];
  let typed = '';
  let place = prompt;
  let page = '';
  /** What follows the pager's prompt comes only after a key. */
  const print = (text: string): void => {
    const [first = '', ...rest] = text.split('--db_more--');
    page = rest.join('--db_more--');
    coming.push(...pieces(page === '' ? first : `${first}--db_more--`));
  };
  const press = (key: string): void => {
    if (page !== '') print(`\r           \r${page}`);
    else if (key === '\x15') {
      coming.push(...pieces('\b \b'.repeat(typed.length)));
      typed = '';
    } else if (key === '\x03') coming.push(...pieces(`^C\r\n${place}`));
    else if (key === '\r') {
      print(`\r\r\n${answer(typed)}`);
      typed = '';
    } else {
      typed += key;
      coming.push(...pieces(key));
    }
  };
  const answer = (line: string): string => {
    if (place === MENU) {
      place = '# ';
      return place;
    }
    const [, command = line, number] = /^(.*); echo =pb(\d+)=\$\?=$/.exec(line) ?? [];
    const text = says[command];
    if (text === 'HANG') return '';
    if (place !== '# ') return `${text ?? 'No such command\r\n'}${place}`;
    if (text === undefined) return `ksh: ${command}: not found\r\n=pb${number}=127=\r\n${place}`;
    return `${text}=pb${number}=0=\r\n${place}`;
  };
  for (let turns = 0; state !== null && state.done === null && turns < 20_000; turns += 1) {
    const text = coming.shift();
    at = text === undefined ? Math.max(at, state.wakeAt ?? at) : at + 0.001;
    const [next, effects]: [Collecting, readonly Effect[]] = stepEvidence(
      state,
      text === undefined ? { kind: 'tick', at } : { kind: 'output', text, at },
    );
    state = next;
    for (const effect of effects) {
      if (effect.kind === 'type') written.push(effect.text);
      if (effect.kind === 'write') for (const key of effect.text) press(key);
    }
  }
  return { evidence: state?.done ?? null, written, seconds: at - 100 };
}

function dialogueAfter(output: string, facts: Partial<DialogueFacts> = {}): Dialogue {
  return step(startDialogue({ ...FACTS, ...facts }), { kind: 'output', text: output, at: 1 })[0];
}

const commandsOf = (evidence: Evidence | null) => evidence?.sections.map(({ command }) => command);

describe('evidence of a failed install', () => {
  it.each([
    ['at the menu', MENU],
    ['at the shell', '# '],
  ])('%s: asks each thing, tells the answers apart, and leaves a shell', (_, prompt) => {
    const { evidence, written } = collect(dialogueAfter(FAILED), { prompt });
    expect(evidence).toMatchObject({ cut: null, stands: 'shell' });
    expect(commandsOf(evidence)).toEqual([...Object.keys(RAMDISK), 'disklabel sd1']);
    expect(evidence?.sections.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 0, 127]);
    expect(evidence?.sections[0]?.text).toBe('Terminal type? [vt220] vt220\nand no newline at its end');
    expect(evidence?.sections[2]?.text).toContain('lladdr fe:e1:bb:d1:4c:7a');
    expect(written[0]).toBe(prompt === MENU ? 's\r' : 'cat /tmp/ai/ai.log; echo =pb1=$?=\r');
  });

  it('reads the log where older releases have it', () => {
    const { 'cat /tmp/ai/ai.log': log = '', ...others } = RAMDISK;
    const { evidence } = collect(dialogueAfter(FAILED), {
      prompt: MENU,
      says: { ...others, 'cat /ai.log': log },
    });
    expect(commandsOf(evidence)?.slice(0, 3)).toEqual([
      'cat /tmp/ai/ai.log',
      'cat /ai.log',
      "sed '/ass[wp]/d' /tmp/i/*.resp",
    ]);
    expect(evidence?.sections[1]?.text).toContain('Terminal type?');
  });

  it("asks ddb, turns its pages, and leaves it at ddb's prompt", () => {
    const pages = ['first', 'second', 'third'].join('\r\n--db_more--');
    const says = {
      trace: 'Xsyscall() at Xsyscall+0x128\r\n',
      ps: `${pages}\r\n`,
      'show registers': 'rax 0x61\r\n',
    };
    const panic = `${FAILED.split('Question')[0]}panic: ffs_alloccg: map corrupted\r\n`;
    const { evidence, written } = collect(dialogueAfter(panic), { prompt: 'ddb{0}> ', says });
    expect(evidence).toMatchObject({ cut: null, stands: 'ddb' });
    expect(evidence?.sections.map(({ text }) => text)).toEqual([
      'Xsyscall() at Xsyscall+0x128',
      'first\nsecond\nthird',
      'rax 0x61',
    ]);
    expect(written.filter((key) => key === ' ')).toHaveLength(2);
  });

  it('cuts a command that never ends, interrupts it, and goes on', () => {
    const { evidence } = collect(dialogueAfter(FAILED), {
      prompt: MENU,
      says: { ...RAMDISK, dmesg: 'HANG' },
    });
    expect(evidence).toMatchObject({ cut: null, stands: 'shell' });
    expect(evidence?.sections.at(-1)).toMatchObject({ command: 'dmesg', cut: 'cut: it did not end in time' });
  });

  it('cuts a command that prints too much', () => {
    const flood = 'all work and no play\r\n'.repeat(10_000);
    const { evidence } = collect(dialogueAfter(FAILED), { prompt: MENU, says: { ...RAMDISK, dmesg: flood } });
    const dmesg = evidence?.sections.find(({ command }) => command === 'dmesg');
    expect(dmesg?.text.length).toBeLessThan(132_000);
    expect(evidence?.stands).toBe('shell');
  });

  it('contains no secret', () => {
    const says = {
      ...RAMDISK,
      'cat /tmp/ai/ai.log': [
        'typed hunter2hunter2',
        'Password for root account = plain',
        'hash $2b$10$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0',
        'Public ssh key for user puffy ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFB1ZmZ5IHJl first-password',
        'Password for user = *************',
        '',
      ].join('\r\n'),
    };
    const { evidence } = collect(dialogueAfter(FAILED), { prompt: MENU, says });
    if (evidence === null) throw new Error('no evidence');
    const text = renderEvidence({ title: 'web1', at: 0, reason: 'x', release: '7.6' }, evidence);
    expect(text).not.toMatch(/hunter2|plain|\$10\$|first-password/);
    expect(text).toContain('Password for user = *************');
  });

  it.each<[string, Dialogue]>([
    [
      'a success',
      dialogueAfter(`${WELCOME}CONGRATULATIONS! Your OpenBSD install has been successfully completed!\r\n`),
    ],
    ['nothing certain', dialogueAfter(WELCOME)],
    [
      'a stall at an unknown question',
      step(dialogueAfter(`${WELCOME}Shall we? `), { kind: 'tick', at: 100_000 })[0],
    ],
    [
      'a console that is only replayed',
      { ...dialogueAfter(FAILED), facts: (({ manner: _, ...facts }) => facts)(FACTS) },
    ],
    [
      "another system's installer",
      dialogueAfter('boom: it is broken\r\n', {
        table: (() => {
          const lines = [{ name: 'boom', line: '^boom: ', means: 'failed' }];
          const { table } = checkTable({ name: 'Example', base: 'none', releases: 'seen 1.0', lines });
          if (table === null) throw new Error('not a table');
          return table;
        })(),
      }),
    ],
  ])('is not asked for after %s', (_, dialogue) => {
    expect(startEvidence(dialogue, 100)).toBeNull();
  });

  it('is given up where no menu and no shell comes, with nothing typed', () => {
    const { evidence, written, seconds } = collect(dialogueAfter(FAILED), {
      prompt: 'Response file location? ',
    });
    expect(evidence).toEqual({ sections: [], cut: 'no shell and no menu came', stands: null });
    expect(written).toEqual([]);
    expect(seconds).toBeLessThan(20);
  });

  it.each([
    ['by the watchdog', 'WATCHDOG\r\n', '', 'the machine rebooted'],
    ['by a panic', 'panic: x\r\n', 'syncing disks... done\r\nrebooting...\r\n', 'the machine rebooted'],
    ['by hand', 'failed; check /ai.log\r\n', 'Using drive 0, partition 3.\r\n', 'the machine rebooted'],
    ['into the kernel', 'panic: x\r\n', 'OpenBSD 7.6 (GENERIC.MP) #1: now\r\n', 'the machine rebooted'],
    ['for good', 'panic: x\r\n', 'The operating system has halted.\r\n', 'the machine halted'],
    [
      'unseen',
      'panic: x\r\n',
      '\r\nOpenBSD/amd64 (web1) (tty00)\r\n\r\nlogin: ',
      'the machine stands at "login:"',
    ],
  ])('is given up at once where the machine went away %s', (_, failing, after, cut) => {
    const { evidence, written, seconds } = collect(dialogueAfter(`${WELCOME}${MENU}\r\n${failing}`), {
      prompt: after,
    });
    expect(evidence).toEqual({ sections: [], cut, stands: null });
    expect(written).toEqual([]);
    expect(seconds).toBeLessThan(1);
  });

  it('takes no earlier boot that dmesg shows for a reboot', () => {
    const dmesg = `syncing disks... done\r\nrebooting...\r\n${RAMDISK.dmesg}`;
    const { evidence } = collect(dialogueAfter(FAILED), { prompt: MENU, says: { ...RAMDISK, dmesg } });
    expect(evidence).toMatchObject({ cut: null, stands: 'shell' });
    expect(evidence?.sections.find(({ command }) => command === 'dmesg')?.text).toContain('rebooting...');
  });

  const midway = (text: string): Collecting => {
    let state = startEvidence(dialogueAfter(FAILED), 100);
    if (state === null) throw new Error('nothing to collect');
    [state] = stepEvidence(state, { kind: 'output', text: MENU, at: 100 });
    [state] = stepEvidence(state, { kind: 'tick', at: 101 });
    [state] = stepEvidence(state, { kind: 'output', text, at: 101.01 });
    return state;
  };
  it.each<[string, (state: Collecting) => Collecting, string]>([
    [
      'the console closes',
      (state) => stepEvidence(state, { kind: 'closed', at: 102 })[0],
      'the console closed',
    ],
    [
      'somebody types',
      (state) => stepEvidence(state, { kind: 'input', at: 102 })[0],
      'somebody took the console',
    ],
    [
      'the machine reboots',
      (state) => stepEvidence(state, { kind: 'output', text: `\r\n${WELCOME}${MENU}`, at: 102 })[0],
      'the machine rebooted',
    ],
  ])('ends when %s, and types no more', (_, end, cut) => {
    const ended = end(midway('s'));
    expect(ended.done).toMatchObject({ cut });
    expect(stepEvidence(ended, { kind: 'output', text: MENU, at: 103 })[1]).toEqual([]);
    expect(ended.wakeAt).toBeNull();
  });

  it('is the same in pieces of any size', () => {
    const whole = collect(dialogueAfter(FAILED), { prompt: MENU }).evidence;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }), (lengths) => {
        let turn = 0;
        const pieces = (text: string): readonly string[] => {
          const cut: string[] = [];
          for (let from = 0; from < text.length; ) {
            const length = lengths[turn++ % lengths.length] ?? 1;
            cut.push(text.slice(from, from + length));
            from += length;
          }
          return cut;
        };
        expect(collect(dialogueAfter(FAILED), { prompt: MENU, pieces }).evidence).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('neither throws nor types, whatever a console prints that is no prompt', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 20 }), (outputs) => {
        let state = startEvidence(dialogueAfter(FAILED), 100);
        let at = 100;
        for (const text of outputs) {
          at += 1;
          if (state === null) return;
          const [next, effects] = stepEvidence(state, {
            kind: 'output',
            text: text.replaceAll('# ', ''),
            at,
          });
          expect(effects).toEqual([]);
          state = next;
        }
      }),
      { numRuns: 100 },
    );
  });
});
