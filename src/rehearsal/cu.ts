/** cu(1)'s escapes: `~.` and `~~`, only right behind a carriage return that it saw itself, or at its start. */
export type CuState = 'line start' | 'tilde' | 'within';

export const CU_START: CuState = 'line start';

export interface CuStep {
  readonly state: CuState;
  /** What goes to the line. */
  readonly send: Uint8Array;
  /** True: `~.` was typed; what follows it is dropped. */
  readonly leave: boolean;
}

const CR = 0x0d;
const TILDE = 0x7e;
const DOT = 0x2e;

/** @param typed bytes from the keyboard, in raw mode */
export function stepCu(before: CuState, typed: Uint8Array): CuStep {
  const send: number[] = [];
  let state = before;
  for (const byte of typed) {
    if (state === 'line start' && byte === TILDE) {
      state = 'tilde';
      continue;
    }
    if (state === 'tilde' && byte === DOT) return { state, send: Uint8Array.from(send), leave: true };
    // Restricted cu knows no other escape: the tilde was an ordinary one. `~~` sends it once.
    if (state === 'tilde' && byte !== TILDE) send.push(TILDE);
    send.push(byte);
    state = byte === CR ? 'line start' : 'within';
  }
  return { state, send: Uint8Array.from(send), leave: false };
}
