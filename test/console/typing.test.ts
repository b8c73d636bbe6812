import { describe, expect, it } from 'vitest';
import { type DialogueFacts, standingOf, step, tailOf } from '../../console/dialogue.ts';
import { CONSOLE_KINDS, kindOf, type Manner } from '../../console/manner.ts';
import type { Answer } from '../../src/autoinstall/response-file.ts';
import { type Conversation, converse } from './machine.ts';

const HOSTNAME = "System hostname? (short form, e.g. 'foo') ";
const SSHD = 'Start sshd(8) by default? [yes] ';
const X11 = 'Do you want the X Window System to be started by xenodm(1)? [no] ';
const SERVER = "HTTP Server? (hostname, list#, 'done' or '?') [cdn.openbsd.org] ";
const PASSWORD = 'Password for root account? (will not echo) ';
const AGAIN = 'Password for root account? (again) ';
const KERNEL = 'sd1 at scsibus3 targ 0 lun 0: <Generic, Flash Disk, 8.07> removable\r\n';

const ANSWERS: readonly Answer[] = [
  { key: 'System hostname', value: 'puffy' },
  { key: 'HTTP Server', value: 'http://192.0.2.1:8080' },
  { key: 'Password for root', value: 's3cret pass', secret: true },
];
const MANNER: Manner = { burst: 4, pauseSeconds: 0.02, cu: false };
const FACTS: DialogueFacts = {
  mode: 'type',
  answers: ANSWERS,
  location: null,
  until: 'congratulations',
  manner: MANNER,
};
const PROMPTS = [HOSTNAME, SSHD, PASSWORD, AGAIN, X11, SERVER];
const LINES = ['puffy', '', 's3cret pass', 's3cret pass', '', 'http://192.0.2.1:8080'];

const talk = (change: Partial<Conversation> = {}) => converse({ facts: FACTS, prompts: PROMPTS, ...change });
const characters = (output: string): readonly string[] => [...output];

type Fault = readonly [place: number, (key: string) => string];

/** Replaces what arrives of the keys at some places. */
const at =
  (...faults: readonly Fault[]) =>
  (key: string, index: number): string =>
    faults.find(([place]) => place === index)?.[1](key) ?? key;
const lost = (): string => '';
const doubled = (key: string): string => key + key;

/** Whole numbers from 0 to 99, the same for the same seed (Park and Miller's generator). */
function chances(seed: number): () => number {
  let state = seed * 7919;
  return () => {
    state = (state * 48271) % 2147483647;
    return state % 100;
  };
}

describe('an answer', () => {
  it('is entered once, with its RETURN only behind the whole echo', () => {
    const { lines, written } = talk();
    expect(lines).toEqual(LINES);
    expect(written).toBe(LINES.map((line) => `${line}\r`).join(''));
  });

  it('comes in bursts with pauses', () => {
    const { effects } = talk({ prompts: [SERVER] });
    const writes = effects.flatMap((effect) => (effect.kind === 'write' ? [effect.text] : []));
    expect(writes).toEqual(['http', '://1', '92.0', '.2.1', ':808', '0', '\r']);
  });

  it('is entered the same however its echo is cut', () => {
    for (let place = 1; place < SERVER.length; place += 1) {
      const cut = (output: string) => [output.slice(0, place), output.slice(place)].filter(Boolean);
      expect(talk({ cut }).lines).toEqual(LINES);
    }
    expect(talk({ cut: characters }).lines).toEqual(LINES);
  });

  it.each<[string, (place: number) => Fault[]]>([
    ['a lost character', (place) => [[place, lost]]],
    ['a doubled character', (place) => [[place, doubled]]],
    ['a character that becomes another', (place) => [[place, () => '#']]],
    [
      'two lost characters',
      (place) => [
        [place, lost],
        [place + 1, lost],
      ],
    ],
    [
      'a doubled character and one lost kill',
      (place) => [
        [place, doubled],
        [5, lost],
      ],
    ],
    [
      'a lost character and both kills',
      (place) => [
        [place, lost],
        [5, lost],
        [6, lost],
      ],
    ],
  ])('survives %s, cut or not', (_, faults) => {
    for (const place of [0, 1, 2, 3, 4]) {
      const arrives = at(...faults(place));
      const prompts = [HOSTNAME, SSHD];
      expect(talk({ prompts, arrives }).lines).toEqual(['puffy', '']);
      expect(talk({ prompts, arrives, cut: characters }).lines).toEqual(['puffy', '']);
    }
  });

  it.each<[string, string[], number, string[]]>([
    ['behind text', [HOSTNAME, SSHD], 5, ['puffy', '']],
    ['alone', [SSHD, HOSTNAME], 0, ['', 'puffy']],
    ['behind a password', [PASSWORD, AGAIN, SSHD], 11, ['s3cret pass', 's3cret pass', '']],
  ])('survives a lost RETURN %s', (_, prompts, place, lines) => {
    expect(talk({ prompts, arrives: at([place, lost]) }).lines).toEqual(lines);
  });

  it('arrives over a line that loses 1% of all keys and doubles 1%, but for RETURN', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const percent = chances(seed);
      const arrives = (key: string) => {
        const chance = percent();
        return chance === 0 ? '' : chance === 1 && key !== '\r' ? key + key : key;
      };
      const { lines } = talk({ prompts: [HOSTNAME, SSHD, SERVER], arrives });
      expect({ seed, lines }).toEqual({ seed, lines: ['puffy', '', 'http://192.0.2.1:8080'] });
    }
  });

  it('is given up when it never arrives, with what was seen', () => {
    const arrives = (key: string) => (key === 'f' ? '' : key);
    const { lines, dialogue, written } = talk({ arrives });
    expect(lines).toEqual([]);
    expect(written).not.toContain('\r');
    expect(written.endsWith('\x15\x15')).toBe(true);
    expect(standingOf(dialogue)).toEqual({
      outcome: 'failed',
      reason: `typed 10 times at "${HOSTNAME.trimEnd()}", and at last the echo was "puy": the line loses or doubles characters`,
    });
  });

  it('is given up on a line that takes nothing', () => {
    expect(standingOf(talk({ arrives: lost, prompts: [HOSTNAME] }).dialogue).reason).toContain(
      'nothing was echoed',
    );
  });

  it('is entered once however late the echo comes', () => {
    const cut = (output: string) => [...Array<string>(1500).fill(''), output];
    expect(talk({ prompts: [HOSTNAME, SSHD], cut }).lines).toEqual(['puffy', '']);
  });

  it('is compared by what the screen shows where a shell draws it again', () => {
    const seen = (output: string) => (output === 'y' ? `\r${HOSTNAME}puffy` : output);
    const { lines, written } = talk({ prompts: [HOSTNAME], seen, cut: characters });
    expect({ lines, written }).toEqual({ lines: ['puffy'], written: 'puffy\r' });
  });

  it.each(['é', 'Grüße', '🐡🐡'])('of several bytes a character is entered: %s', (value) => {
    const facts = { ...FACTS, answers: [{ key: 'System hostname', value }] };
    expect(talk({ facts, prompts: [HOSTNAME], arrives: at([0, lost]) }).lines).toEqual([value]);
  });

  it('is given up at once when somebody else types', () => {
    const { dialogue } = talk({ prompts: [HOSTNAME], until: 0.16 });
    expect(dialogue.typing?.stage).toBe('typing');
    const [next, effects] = step(dialogue, { kind: 'input', at: 0.16 });
    expect({ typing: next.typing, effects }).toEqual({ typing: null, effects: [] });
  });

  it('is taken back when the installer goes on without it', () => {
    const { dialogue } = talk({ prompts: [HOSTNAME], until: 0.16 });
    const text = '\r\nCONGRATULATIONS! Your OpenBSD install has been successfully completed!\r\n';
    const [next, effects] = step(dialogue, { kind: 'output', text, at: 0.16 });
    expect({ typing: next.typing, asked: next.asked }).toEqual({ typing: null, asked: null });
    expect(effects).toContainEqual({ kind: 'write', text: '\x15\x15' });
  });
});

describe('a password', () => {
  it('is neither compared, nor typed where it would be seen', () => {
    const { written, effects, dialogue } = talk({ prompts: [PASSWORD, AGAIN] });
    expect(written).toBe('s3cret pass\rs3cret pass\r');
    const told = effects.filter(({ kind }) => kind !== 'write' && kind !== 'type');
    expect(JSON.stringify(told)).not.toContain('s3cret');
    expect(tailOf(dialogue)).not.toContain('s3cret');
    expect(talk({ prompts: ['Password for root account? '] }).written).toBe('');
  });
});

describe('behind cu', () => {
  const facts = {
    ...FACTS,
    manner: { ...MANNER, burst: 16, cu: true },
    answers: [{ key: 'System hostname', value: '~puffy' }],
  };
  /** cu(1): `~` behind RETURN is its own, and the second one is sent. */
  function cu(): (key: string) => string {
    let state: 'start' | 'tilde' | 'within' = 'start';
    return (key) => {
      if (state === 'start' && key === '~') {
        state = 'tilde';
        return '';
      }
      const sent = state === 'tilde' && key !== '~' ? '' : key;
      state = key === '\r' ? 'start' : 'within';
      return sent;
    };
  }

  it('a tilde at the beginning is typed twice and echoed once', () => {
    const { lines, written, effects } = talk({ facts, prompts: [HOSTNAME], arrives: cu() });
    expect({ lines, written }).toEqual({ lines: ['~puffy'], written: '~~puffy\r' });
    expect(effects).toContainEqual({ kind: 'type', text: '~puffy\r', secret: false, rule: 'hostname' });
  });

  it('it is typed once where a kill came before it', () => {
    const through = cu();
    const arrives = (key: string, index: number) => {
      const passed = through(key);
      return index === 4 ? '' : passed;
    };
    const { lines, written } = talk({ facts, prompts: [HOSTNAME], arrives });
    expect({ lines, written }).toEqual({ lines: ['~puffy'], written: '~~puffy\x15\x15~puffy\r' });
  });

  it.each<[string, string[]]>([
    ['vmd', ['vmctl', 'console', '3']],
    ['vmd', ['ssh', '-tt', 'host', '/usr/sbin/vmctl', 'start', '-c', 'web1']],
    ['vmd', ['sh', '-c', 'doas vmctl console 3']],
    ['cu', ['cu', '-l', 'cuaU0', '-s', '115200']],
    ['qemu', ['qemu-system-x86_64', '-nographic']],
    ['virsh', ['virsh', 'console', 'web1']],
    ['network', ['telnet', '192.0.2.1', '2001']],
    ['other', ['./console', 'cucumber']],
  ])('or not, a command says: %s, %j', (kind, argv) => {
    expect(kindOf(argv)).toBe(kind);
    expect(CONSOLE_KINDS).toContain(kind);
  });
});

describe('a kernel message', () => {
  const MENU = '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ';

  it('anywhere in a menu or behind it loses nothing, and the menu is answered once', () => {
    for (let place = 1; place <= MENU.length; place += 1) {
      const torn = `${MENU.slice(0, place)}${KERNEL}${MENU.slice(place)}`;
      const seen = (output: string) => (output === MENU ? torn : output);
      expect({ place, written: talk({ prompts: [MENU], seen }).written }).toEqual({ place, written: 'i\r' });
      // Cut behind the whole menu it is answered at once, and the message stands in the echo.
      const { lines } = talk({ prompts: [MENU], seen, cut: characters });
      expect({ place, lines }).toEqual({ place, lines: ['i'] });
    }
  });

  it.each<[string, string]>([
    ['the same text', SSHD],
    ['the list of ask_which before it', `Available disks are: sd0 sd1.\r\n${SSHD}`],
  ])('behind an answer, and the prompt drawn again with %s: answered once', (_, redrawn) => {
    const seen = (output: string) => (output === X11 ? `${KERNEL}${redrawn}\r\n${X11}` : output);
    expect(talk({ prompts: [SSHD, X11], seen }).lines).toEqual(['', '']);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['the prompt drawn again', HOSTNAME],
  ])('in the middle of an echo, and then %s: typed again, entered once', (_, redrawn) => {
    let broke = false;
    const seen = (output: string): string => {
      if (output !== 'f' || broke) return output;
      broke = true;
      return `f${KERNEL}${redrawn}`;
    };
    const { lines, written } = talk({ prompts: [HOSTNAME, SSHD], seen });
    expect(lines).toEqual(['puffy', '']);
    expect(written).toContain('\x15\x15puffy\r');
  });
});
