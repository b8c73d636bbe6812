import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTelnet, encodeTelnet, TELNET_START, type Telnet } from '../../console/telnet.ts';

const [SE, NOP, SB, WILL, WONT, DO, DONT, IAC] = [240, 241, 250, 251, 252, 253, 254, 255];
const [BINARY, ECHO, SGA, TERMINAL_TYPE, NAWS] = [0, 1, 3, 24, 31];
const [NUL, CR, LF] = [0, 13, 10];
const text = (value: string): number[] => [...Buffer.from(value)];

interface Heard {
  readonly telnet: Telnet;
  readonly output: number[];
  readonly reply: number[];
}

function hear(pieces: readonly (readonly number[])[], from: Telnet = TELNET_START): Heard {
  const heard: Heard = { telnet: from, output: [], reply: [] };
  return pieces.reduce<Heard>((before, piece) => {
    const { telnet, output, reply } = decodeTelnet(before.telnet, Uint8Array.from(piece));
    return { telnet, output: [...before.output, ...output], reply: [...before.reply, ...reply] };
  }, heard);
}

/** What arrives, what the console printed, what is answered. */
const ROWS: readonly (readonly [string, number[], number[], number[]])[] = [
  ['plain text', text('boot> '), text('boot> '), []],
  ['a doubled IAC', [65, IAC, IAC, 66], [65, 255, 66], []],
  ['a line end', [65, CR, LF, 66], [65, CR, LF, 66], []],
  ['a bare return', [65, CR, NUL, 66], [65, CR, 66], []],
  ['a NUL without a return', [65, NUL, 66], [65, NUL, 66], []],
  ['a return, a command, its NUL', [CR, IAC, NOP, NUL, 66], [CR, 66], []],
  ['commands without meaning', [65, IAC, NOP, IAC, 249, 66], [65, 66], []],
  ['an offer to echo', [IAC, WILL, ECHO], [], [IAC, DO, ECHO]],
  ['an offer of what is unknown', [IAC, WILL, 99], [], [IAC, DONT, 99]],
  ['a wish for an echo', [IAC, DO, ECHO], [], [IAC, WONT, ECHO]],
  ['a wish for the terminal type', [IAC, DO, TERMINAL_TYPE], [], [IAC, WONT, TERMINAL_TYPE]],
  ['a wish for no go-ahead', [IAC, DO, SGA], [], [IAC, WILL, SGA]],
  ['the same wish again', [IAC, DO, SGA, IAC, DO, SGA], [], [IAC, WILL, SGA]],
  ['what is refused already', [IAC, WONT, ECHO, IAC, DONT, NAWS], [], []],
  ['an end of echoing', [IAC, WILL, ECHO, IAC, WONT, ECHO], [], [IAC, DO, ECHO, IAC, DONT, ECHO]],
  ['a subnegotiation', [65, IAC, SB, 24, 1, IAC, IAC, 66, IAC, SE, 67], [65, 67], []],
  ['a subnegotiation that is cut off', [IAC, SB, 24, 1, IAC, WILL, SGA, 65], [65], [IAC, DO, SGA]],
  [
    'what QEMU says first',
    [IAC, WILL, ECHO, IAC, WILL, SGA, IAC, WILL, BINARY, IAC, DO, BINARY, CR, NUL],
    [CR, NUL],
    [IAC, DO, ECHO, IAC, DO, SGA, IAC, DO, BINARY, IAC, WILL, BINARY],
  ],
];

describe.each(ROWS)('%s', (_, bytes, output, reply) => {
  it('is understood in one piece, and cut anywhere', () => {
    expect(hear([bytes])).toMatchObject({ output, reply });
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(hear([bytes.slice(0, cut), bytes.slice(cut)]), `cut at ${cut}`).toMatchObject({ output, reply });
    }
    expect(hear(bytes.map((byte) => [byte]))).toMatchObject({ output, reply });
  });
});

const spoken = hear([[IAC, WILL, ECHO]]).telnet;
const binary = hear([[IAC, DO, BINARY]]).telnet;

it.each<[string, Telnet, number[], number[]]>([
  ['a RETURN to a port that has shown no telnet', TELNET_START, [65, CR], [65, CR]],
  ['a RETURN', spoken, [65, CR], [65, CR, NUL]],
  ['a line end', spoken, [65, CR, LF], [65, CR, LF]],
  ['two RETURNs', spoken, [CR, CR], [CR, NUL, CR, NUL]],
  ['a RETURN in binary', binary, [65, CR], [65, CR]],
  ['an IAC', TELNET_START, [IAC, 65], [IAC, IAC, 65]],
  ['an IAC in binary', binary, [IAC], [IAC, IAC]],
])('sends %s', (_, telnet, bytes, expected) => {
  expect([...encodeTelnet(telnet, Uint8Array.from(bytes))]).toEqual(expected);
});

it('stops answering an end that asks again whatever it is told', () => {
  let { telnet } = hear([]);
  let answered = 0;
  for (let round = 0; round < 1000; round += 1) {
    for (const verb of [WILL, WONT, DO, DONT]) {
      for (const option of [BINARY, ECHO, TERMINAL_TYPE]) {
        const heard = hear([[IAC, verb, option]], telnet);
        telnet = heard.telnet;
        answered += heard.reply.length;
      }
    }
  }
  expect(answered).toBeLessThanOrEqual(3 * 64 * 2 * 3);
  expect(hear([text('still here')], telnet).output).toEqual(text('still here'));
});

it('finds the console again behind a subnegotiation that never ends', () => {
  const lost = [IAC, SB, 24, ...Array.from({ length: 2000 }, () => 0)];
  expect(hear([lost, text('login: ')]).output.slice(-7)).toEqual(text('login: '));
});

const bytes = fc.uint8Array({ maxLength: 300 });
const spiced = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(IAC, SB, SE, WILL, DO, CR, NUL, BINARY, ECHO)),
  { maxLength: 300 },
);

it('takes anything without throwing, however it is cut, and answers with whole commands', () => {
  fc.assert(
    fc.property(spiced, fc.integer({ min: 1, max: 7 }), (input, size) => {
      const pieces: number[][] = [];
      for (let at = 0; at < input.length; at += size) pieces.push(input.slice(at, at + size));
      const whole = hear([input]);
      expect(hear(pieces)).toEqual(whole);
      expect(whole.reply.length % 3).toBe(0);
      expect(whole.output.length).toBeLessThanOrEqual(input.length);
    }),
  );
});

it('reads back what it sent', () => {
  fc.assert(
    fc.property(bytes, (typed) => {
      // Both ends have agreed on the same: in NVT a NUL behind a RETURN cannot be told from padding.
      for (const [telnet, other] of [
        [binary, hear([[IAC, WILL, BINARY]]).telnet],
        [spoken, TELNET_START],
      ] as const) {
        const plain = telnet === binary ? typed : typed.filter((byte) => byte !== NUL);
        const { output } = decodeTelnet(other, encodeTelnet(telnet, plain));
        expect([...output]).toEqual([...plain]);
      }
    }),
  );
});

it('answers every end that keeps to the rules so that both agree', () => {
  // Two of ours, each told by somebody to begin: neither goes on talking.
  for (const first of [WILL, WONT, DO, DONT]) {
    for (let option = 0; option < 40; option += 1) {
      let [left, right] = [TELNET_START, TELNET_START];
      let message: number[] = [IAC, first, option];
      let rounds = 0;
      while (message.length > 0) {
        const heard = hear([message], left);
        [left, right] = [right, heard.telnet];
        message = heard.reply;
        rounds += 1;
        expect(rounds).toBeLessThan(5);
      }
    }
  }
});
