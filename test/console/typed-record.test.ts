import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endTyped, takeEcho, takeTyped, type Unproven } from '../../console/typed-record.ts';

type Step = readonly ['keys' | 'output', string];

/** What the recording has of keys and output, in its order. */
function record(line: string, steps: readonly Step[]): string {
  let unproven: Unproven = [];
  let recorded = '';
  for (const [kind, text] of steps) {
    const [left, told] = kind === 'keys' ? takeTyped(unproven, text, line) : takeEcho(unproven, text);
    unproven = left;
    recorded += told;
  }
  return recorded + endTyped(unproven);
}

it.each<[string, string, readonly Step[], string]>([
  [
    'text that is echoed',
    '# ',
    [
      ['keys', 'ls'],
      ['output', 'ls'],
      ['keys', '\r'],
      ['output', '\r\n'],
    ],
    'ls\r',
  ],
  [
    'text that is echoed key by key',
    '# ',
    [
      ['keys', 'l'],
      ['output', 'l'],
      ['keys', 's'],
      ['output', 's'],
    ],
    'ls',
  ],
  [
    'an echo in one piece with what follows',
    '# ',
    [
      ['keys', 'id\r'],
      ['output', 'id\r\nuid=0(root)\r\n'],
    ],
    'id\r',
  ],
  [
    'two lines at once',
    '# ',
    [
      ['keys', 'a\rb\r'],
      ['output', 'a\r\n'],
      ['output', 'b\r\n'],
    ],
    'a\rb\r',
  ],
  [
    'nothing but RETURN',
    '[yes] ',
    [
      ['keys', '\r'],
      ['output', '\r\n'],
    ],
    '\r',
  ],
  [
    'an arrow and ^C',
    '# ',
    [
      ['keys', '\x1b[A'],
      ['output', 'ls'],
      ['keys', '\x03'],
      ['output', '^C\r\n'],
    ],
    '\x1b[A\x03',
  ],
  [
    'a line behind a RETURN whose echo comes late',
    '# ',
    [
      ['keys', '\r'],
      ['keys', 'ls\r'],
      ['output', '\r\n'],
      ['output', 'ls\r\n'],
    ],
    '\rls\r',
  ],
  [
    'a line that was killed first',
    '# ',
    [
      ['keys', '\x15ls'],
      ['output', '\b \b\b \bls'],
    ],
    '\x15ls',
  ],
  [
    'a password behind a RETURN that echoes nothing',
    '> ',
    [
      ['keys', '\r'],
      ['keys', 'foo\r'],
      ['output', '\r\n'],
      ['output', '\r\nLogin incorrect\r\n'],
    ],
    '\r***\r',
  ],
  [
    'a key that is erased',
    '# ',
    [
      ['keys', 'x'],
      ['output', 'x'],
      ['keys', '\x7f'],
      ['output', '\b \b'],
    ],
    'x\x7f',
  ],
  [
    'text that is not echoed',
    '> ',
    [
      ['keys', 'hunter2\r'],
      ['output', '\r\nLogin incorrect\r\n'],
    ],
    '***\r',
  ],
  [
    'text that is not echoed, by keys',
    '> ',
    [
      ['keys', 'h'],
      ['keys', 'u\r'],
      ['output', '\r\n'],
    ],
    '***\r',
  ],
  [
    'the same behind a kernel message',
    '> ',
    [
      ['keys', 'sd'],
      ['output', 'sd0 detached\r\n'],
      ['keys', 'x\r'],
      ['output', '\r\n'],
    ],
    '******\r',
  ],
  [
    'a password that the next line repeats',
    '> ',
    [
      ['keys', 'foo\r'],
      ['output', '\r\nfoo\r\n'],
    ],
    '***\r',
  ],
  [
    'a password by its prompt',
    'Password:',
    [
      ['keys', 'foo\r'],
      ['output', 'foo\r\n'],
    ],
    '***\r',
  ],
  [
    'one asked by the installer',
    'Password for root account? (will not echo) ',
    [
      ['keys', 'foo'],
      ['output', 'foo'],
    ],
    '***',
  ],
  [
    'a passphrase',
    'New passphrase: ',
    [
      ['keys', 'foo\r'],
      ['output', 'foo\r\n'],
    ],
    '***\r',
  ],
  ['text that nobody has seen yet', '# ', [['keys', 'foo']], '***'],
])('keeps of %s only what was shown', (_, line, steps, recorded) => {
  expect(record(line, steps)).toBe(recorded);
});

it('never keeps what a console without echo was told, however its output is cut', () => {
  const secret = fc.stringMatching(/^[g-z]{6,20}$/);
  const noise = fc.stringMatching(/^[A-F0-9 ]{1,20}$/);
  fc.assert(
    fc.property(secret, noise, fc.integer({ min: 1, max: 5 }), (password, after, cut) => {
      const pieces = [password.slice(0, cut), `${password.slice(cut)}\r`];
      const steps: Step[] = [...pieces.map((piece) => ['keys', piece] as const), ['output', `\r\n${after}`]];
      expect(record('login: ', steps)).toBe('***\r');
    }),
  );
});

it('takes arbitrary keys and output', () => {
  const step = fc.tuple(fc.constantFrom('keys' as const, 'output' as const), fc.string());
  fc.assert(fc.property(fc.array(step), fc.string(), (steps, line) => void record(line, steps)));
});
