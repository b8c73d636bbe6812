/**
 * The client's half of telnet (RFC 854, 855), as far as a console needs it: options are answered, never asked
 * for, so that a port which speaks plain TCP gets no byte that nobody typed.
 *
 *     IAC (255)  WILL (251) | WONT (252) | DO (253) | DONT (254)  option
 *     IAC (255)  SB (250)  option  anything, IAC doubled  IAC  SE (240)
 *     IAC (255)  IAC                 the byte 255
 *     IAC (255)  another command     without meaning here
 */

const [SE, SB, WILL, WONT, DO, DONT, IAC] = [240, 250, 251, 252, 253, 254, 255];
const [NUL, LF, CR] = [0, 10, 13];

/** BINARY (RFC 856), ECHO (RFC 857), SUPPRESS-GO-AHEAD (RFC 858). */
const [BINARY, ECHO, SGA] = [0, 1, 3];
/** What the other end may do, and what this one does when asked: it is the guest that echoes. */
const ACCEPTED: Readonly<Record<Side, ReadonlySet<number>>> = {
  theirs: new Set([BINARY, ECHO, SGA]),
  ours: new Set([BINARY, SGA]),
};

/**
 * Answers to one option: between ends that keep to the rules one or two are ever needed. An end that asks again
 * whatever it is told gets no more, so no negotiation goes on for ever.
 */
const MOST_ANSWERS = 64;
/** Bytes of a subnegotiation; one that goes on longer was lost, and the console must not vanish in it. */
const MOST_SUBNEGOTIATION = 1024;

const NOTHING = new Uint8Array();

type Side = 'theirs' | 'ours';

interface Option {
  readonly on: boolean;
  readonly answers: number;
}

/** Where a connection stands. */
export interface Telnet {
  readonly at: 'data' | 'command' | 'option' | 'subnegotiation' | 'subnegotiation-command';
  /** WILL, WONT, DO or DONT, whose option comes next. */
  readonly verb: number;
  readonly skipped: number;
  /** The last byte was a CR, behind which a NUL means nothing. */
  readonly afterCr: boolean;
  /** The other end has shown that it speaks telnet. */
  readonly spoken: boolean;
  readonly options: Readonly<Record<string, Option>>;
}

export const TELNET_START: Telnet = {
  at: 'data',
  verb: 0,
  skipped: 0,
  afterCr: false,
  spoken: false,
  options: {},
};

export interface Decoded {
  readonly telnet: Telnet;
  /** What the console printed. */
  readonly output: Uint8Array;
  /** To be sent back as it is. */
  readonly reply: Uint8Array;
}

/** Takes in what arrived. However it is cut into pieces, the same comes out, in bytes of its own. */
export function decodeTelnet(telnet: Telnet, bytes: Uint8Array): Decoded {
  if (telnet.at !== 'data' || bytes.includes(IAC) || bytes.includes(NUL))
    return decodeCarefully(telnet, bytes);
  const afterCr = bytes.at(-1) === CR;
  return {
    telnet: bytes.length === 0 || telnet.afterCr === afterCr ? telnet : { ...telnet, afterCr },
    output: Buffer.from(bytes),
    reply: NOTHING,
  };
}

function decodeCarefully(telnet: Telnet, bytes: Uint8Array): Decoded {
  const output = new Uint8Array(bytes.length);
  const reply: number[] = [];
  let length = 0;
  let state = telnet;
  for (const byte of bytes) {
    if (state.at !== 'data') {
      const next = takeCommand(state, byte, reply);
      // Only a doubled IAC leads from a command to a byte of the console.
      if (state.at === 'command' && byte === IAC) output[length++] = IAC;
      state = next;
    } else if (byte === IAC) {
      state = { ...state, at: 'command' };
    } else {
      const padding = byte === NUL && state.afterCr && !isOn(state, 'theirs', BINARY);
      if (!padding) output[length++] = byte;
      if (state.afterCr !== (byte === CR)) state = { ...state, afterCr: byte === CR };
    }
  }
  return { telnet: state, output: output.slice(0, length), reply: Uint8Array.from(reply) };
}

/**
 * What has to be sent for these bytes to be typed: IAC doubled, and a NUL behind a RETURN (RFC 854), unless
 * BINARY is agreed on or the other end has never shown that it speaks telnet.
 */
export function encodeTelnet(telnet: Telnet, bytes: Uint8Array): Uint8Array {
  const padded = telnet.spoken && !isOn(telnet, 'ours', BINARY);
  const encoded: number[] = [];
  bytes.forEach((byte, index) => {
    encoded.push(byte);
    if (byte === IAC) encoded.push(IAC);
    if (byte === CR && padded && bytes[index + 1] !== LF) encoded.push(NUL);
  });
  return Uint8Array.from(encoded);
}

function takeCommand(state: Telnet, byte: number, reply: number[]): Telnet {
  switch (state.at) {
    case 'option':
      return negotiate({ ...state, at: 'data', spoken: true }, byte, reply);
    case 'subnegotiation': {
      const skipped = state.skipped + 1;
      if (skipped > MOST_SUBNEGOTIATION) return { ...state, at: 'data', skipped: 0 };
      return { ...state, skipped, at: byte === IAC ? 'subnegotiation-command' : 'subnegotiation' };
    }
    case 'subnegotiation-command':
      if (byte === IAC) return { ...state, at: 'subnegotiation' };
      if (byte === SE) return { ...state, at: 'data', skipped: 0 };
      // It was cut off by another command.
      return startCommand({ ...state, skipped: 0 }, byte);
    default:
      return startCommand(state, byte);
  }
}

function startCommand(state: Telnet, byte: number): Telnet {
  if (byte === IAC) return { ...state, at: 'data', afterCr: false };
  if (byte === SB) return { ...state, at: 'subnegotiation', skipped: 0, spoken: true };
  if (byte >= WILL && byte <= DONT) return { ...state, at: 'option', verb: byte };
  return { ...state, at: 'data' };
}

/** Only a change is answered, and a refusal only what asks for one (RFC 854, RFC 1143). */
function negotiate(state: Telnet, option: number, reply: number[]): Telnet {
  const { verb } = state;
  const side: Side = verb === WILL || verb === WONT ? 'theirs' : 'ours';
  const wanted = verb === WILL || verb === DO;
  const before = state.options[`${side} ${option}`] ?? { on: false, answers: 0 };
  if (wanted === before.on || before.answers >= MOST_ANSWERS) return state;
  const on = wanted && ACCEPTED[side].has(option);
  const [yes, no] = side === 'theirs' ? [DO, DONT] : [WILL, WONT];
  reply.push(IAC, on ? yes : no, option);
  const after = { on, answers: before.answers + 1 };
  return { ...state, options: { ...state.options, [`${side} ${option}`]: after } };
}

const isOn = ({ options }: Telnet, side: Side, option: number): boolean =>
  options[`${side} ${option}`]?.on === true;
