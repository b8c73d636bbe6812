/** The escapes of `puffboot console`: `~` behind a RETURN, or at the start, as in cu(1) and ssh(1). Pure. */

export type EscapeState = 'line start' | 'tilde' | 'within';

export const ESCAPE_START: EscapeState = 'line start';

export type Action = 'leave' | 'help' | 'give' | 'take';

/** What stands behind the tilde; `~~` types one. */
export const ESCAPES: readonly { readonly key: string; readonly action: Action; readonly says: string }[] = [
  { key: '.', action: 'leave', says: 'give the line back and leave' },
  { key: 'g', action: 'give', says: 'give the line back and go on watching' },
  { key: 't', action: 'take', says: 'take the line, also from somebody else' },
  { key: '?', action: 'help', says: 'this help' },
];

export interface EscapeStep {
  readonly state: EscapeState;
  /** For the console. */
  readonly keys: string;
  readonly actions: readonly Action[];
}

export function stepEscape(before: EscapeState, typed: string): EscapeStep {
  let state = before;
  let keys = '';
  const actions: Action[] = [];
  for (const key of typed) {
    if (state === 'line start' && key === '~') {
      state = 'tilde';
      continue;
    }
    const action = state === 'tilde' ? ESCAPES.find((row) => row.key === key)?.action : undefined;
    if (action !== undefined) {
      actions.push(action);
      state = 'line start';
      continue;
    }
    // No escape: the tilde was an ordinary one. `~~` types it once.
    if (state === 'tilde' && key !== '~') keys += '~';
    keys += key;
    state = key === '\r' ? 'line start' : 'within';
  }
  return { state, keys, actions };
}
