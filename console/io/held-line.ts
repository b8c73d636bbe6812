import type { Line } from '../../src/common/line.ts';
import { type Clock, type Log, SILENT_LOG } from '../../src/common/port.ts';
import type { HeldLine, HolderChange, HumanEvent } from '../held.ts';
import { type HolderEffect, type HolderEvent, type Refusal, startHolding, stepHolding } from '../holder.ts';
import type { Manner } from '../manner.ts';
import { BLANK_SCREEN, show } from '../screen.ts';
import { endTyped, takeEcho, takeTyped, type Unproven } from '../typed-record.ts';
import type { Recorder } from './recorder.ts';

export interface HeldLineParts {
  readonly line: Line;
  readonly clock: Clock;
  readonly manner: Manner;
  /** Gets what a human types, without what the console does not echo. */
  readonly recorder?: Pick<Recorder, 'typed'>;
  readonly log?: Log;
}

/** How much of the end of the output is kept, to see whether a password is being asked for. */
const [RECENT_BYTES, RECENT_PIECES] = [512, 64];

/** Open it before the recorder is attached to the line, so that keys are recorded before their echo. */
export function holdLine(parts: HeldLineParts): HeldLine {
  const { line, clock, manner, recorder, log = SILENT_LOG } = parts;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const humanListeners = new Set<(event: HumanEvent) => void>();
  const holderListeners = new Set<(change: HolderChange) => void>();
  let holding = startHolding(manner);
  let refusal: Refusal | null = null;
  let cancelWake: () => void = () => undefined;
  let unproven: Unproven = [];
  /** The end of the output, looked at only when somebody types. */
  let recent: Uint8Array[] = [];

  const forget = line.onOutput((bytes) => {
    if (unproven.length > 0) record(takeEcho(unproven, decoder.decode(bytes)));
    recent = bytes.length >= RECENT_BYTES ? [bytes] : [...recent.slice(-RECENT_PIECES), bytes];
  });
  void line.closed.then(() => {
    forget();
    cancelWake();
    const { holder } = holding;
    holding = startHolding(manner);
    if (holder !== null) tell({ holder: null, left: { id: holder.id, why: 'given' } });
  });

  /** As it stands now. */
  const openLine = (): string => show(BLANK_SCREEN, decoder.decode(Buffer.concat(recent)), []).line;
  /** Seconds. */
  const now = (): number => clock.now() / 1000;

  function record([left, text]: [Unproven, string]): void {
    unproven = left;
    if (text !== '') recorder?.typed(text, false);
  }

  function take(event: HolderEvent): Refusal | null {
    const before = holding.holder;
    const [next, effects] = stepHolding(holding, event);
    holding = next;
    refusal = null;
    for (const effect of effects) perform(effect);
    wake();
    const { holder } = holding;
    if (holder !== null && (before === null || before.id !== holder.id || before.lostAt !== holder.lostAt)) {
      tell({ holder, left: null });
    }
    return refusal;
  }

  function perform(effect: HolderEffect): void {
    switch (effect.kind) {
      case 'write':
        line.write(encoder.encode(effect.text));
        break;
      case 'typed':
        for (const listener of [...humanListeners]) listener({ kind: 'input' });
        record(takeTyped(unproven, effect.text, openLine()));
        break;
      case 'taken':
        log.info('console.taken', { console: line.title, by: effect.name });
        for (const listener of [...humanListeners]) listener({ kind: 'taken' });
        break;
      case 'given':
        for (const listener of [...humanListeners]) listener(effect);
        break;
      case 'left':
        log.info('console.left', { console: line.title, by: effect.name, why: effect.why });
        record([[], endTyped(unproven)]);
        tell({ holder: holding.holder, left: { id: effect.id, why: effect.why } });
        break;
      case 'refused':
        refusal = effect.because;
        break;
    }
  }

  function wake(): void {
    cancelWake();
    const { wakeAt } = holding;
    cancelWake = () => undefined;
    if (wakeAt === null) return;
    cancelWake = clock.timer(Math.ceil(wakeAt * 1000), () => void take({ kind: 'tick', at: now() }));
  }

  function tell(change: HolderChange): void {
    for (const listener of [...holderListeners]) listener(change);
  }

  const driverLine: Line = {
    title: line.title,
    closed: line.closed,
    onOutput: (listener) => line.onOutput(listener),
    close: () => line.close(),
    write: (bytes) => void take({ kind: 'driver', text: decoder.decode(bytes), at: now() }),
  };

  return {
    line: driverLine,
    get holder() {
      return holding.holder;
    },
    take: (id, name, over) => take({ kind: 'take', id, name, over, at: now() }),
    give: (id) => void take({ kind: 'give', id, at: now() }),
    keys: (id, text) => take({ kind: 'keys', id, text, at: now() }),
    lost: (id) => void take({ kind: 'lost', id, at: now() }),
    onHuman(listener) {
      humanListeners.add(listener);
      return () => humanListeners.delete(listener);
    },
    onHolder(listener) {
      holderListeners.add(listener);
      return () => holderListeners.delete(listener);
    },
  };
}
