import { StringDecoder } from 'node:string_decoder';
import type { Line } from '../../src/common/line.ts';
import type { Clock } from '../../src/common/port.ts';
import {
  type Dialogue,
  type DialogueEvent,
  type DialogueFacts,
  type Effect,
  startDialogue,
  step,
  type Telling,
  tailOf,
} from '../dialogue.ts';
import { type Collecting, type Evidence, startEvidence, stepEvidence } from '../evidence.ts';
import type { HeldLine } from '../held.ts';
import { type ConsoleKind, MANNERS } from '../manner.ts';
import { type ConsoleReport, gather, noteEffect, reportOf } from '../report.ts';
import { EVIDENCE_END_MARK, EVIDENCE_MARK } from '../transcript.ts';
import type { Recorder } from './recorder.ts';

export type DriveFacts = DialogueFacts;

/**
 * What the dialogue says, without what is typed: prompts carry the answer with secrets masked. Times are seconds
 * since the start of the drive.
 */
export type DriveEvent = Telling;

export interface DriveResult extends ConsoleReport {
  /** The end of the console's text, secrets masked. */
  readonly tail: string;
  /** What the machine was asked after a failure; null where nothing was or could be. */
  readonly evidence: Evidence | null;
}

export interface DriveParts {
  readonly line: Line;
  readonly clock: Clock;
  readonly facts: DriveFacts;
  /** Gets what is typed. Attach it to the line yourself: its recording outlives the drive. */
  readonly recorder?: Pick<Recorder, 'typed'> & Partial<Pick<Recorder, 'mark'>>;
  readonly onEvent?: (event: DriveEvent) => void;
  /** Tells when a human takes the line and gives it back. */
  readonly held?: Pick<HeldLine, 'onHuman'>;
  /** Ends the drive at once; the line is left as it is. */
  readonly signal?: AbortSignal;
  /** After a failure, ask the machine what it knows of it, before the drive ends. */
  readonly evidence?: boolean;
  /** What the line is, so that it is typed at as it can take it. A VM's console on its host where not given. */
  readonly console?: ConsoleKind;
}

/**
 * Drives an install over a console to its end, and leaves the line open for the caller. Never rejects: a line
 * that closes, a stall and an abort are results (`incomplete` or `failed`, with the reason).
 */
export function drive(parts: DriveParts): Promise<DriveResult> {
  return new Promise((resolve) => {
    const driver = new Driver(parts, resolve);
    driver.start();
  });
}

class Driver {
  readonly #parts: DriveParts;
  readonly #resolve: (result: DriveResult) => void;
  readonly #gathered = gather();
  readonly #startedAt: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #encoder = new TextEncoder();
  #dialogue: Dialogue;
  #unsubscribe: () => void = () => undefined;
  #cancelWake: () => void = () => undefined;
  /** When the timer is set for. */
  #wakeAt: number | null = null;
  #latest = Number.NEGATIVE_INFINITY;
  #ended = false;
  /** What follows a failure. */
  #collecting: Collecting | null = null;

  constructor(parts: DriveParts, resolve: (result: DriveResult) => void) {
    this.#parts = parts;
    this.#resolve = resolve;
    this.#startedAt = this.#now();
    const manner = MANNERS[parts.console ?? 'vmd'];
    this.#dialogue = startDialogue({ manner, ...parts.facts }, this.#startedAt);
  }

  start(): void {
    const { line, held, signal } = this.#parts;
    const unsubscribe = line.onOutput((bytes) => {
      this.#take({ kind: 'output', text: this.#decoder.write(bytes), at: this.#now() });
    });
    const forget = held?.onHuman((event) => this.#take({ ...event, at: this.#now() }));
    this.#unsubscribe = () => {
      unsubscribe();
      forget?.();
    };
    void line.closed.then(() => this.#take({ kind: 'closed', at: this.#now() }));
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (signal?.aborted === true) this.#abort();
    else this.#sleep();
  }

  readonly #abort = (): void => this.#end('the drive was interrupted');

  /** Seconds; a clock that is set back stands still instead. */
  #now(): number {
    this.#latest = Math.max(this.#latest, this.#parts.clock.now() / 1000);
    return this.#latest;
  }

  #take(event: DialogueEvent): void {
    if (this.#ended) return;
    if (this.#collecting === null) this.#converse(event);
    else this.#collect(this.#collecting, event);
  }

  #converse(event: DialogueEvent): void {
    const [next, effects] = step(this.#dialogue, event);
    this.#dialogue = next;
    for (const effect of effects) this.#perform(effect);
    if (this.#dialogue.told === null) this.#sleep();
    else this.#afterwards(event);
  }

  #afterwards({ kind }: DialogueEvent): void {
    const wanted = this.#parts.evidence === true && kind !== 'closed' && !this.#ended;
    this.#collecting ??= wanted ? startEvidence(this.#dialogue, this.#now()) : null;
    if (this.#collecting === null) {
      this.#end(null);
    } else {
      this.#parts.recorder?.mark?.(EVIDENCE_MARK);
      this.#goOnCollecting(this.#collecting);
    }
  }

  #goOnCollecting({ done }: Collecting): void {
    if (done === null) {
      this.#sleep();
      return;
    }
    if (done.sections.length === 0) this.#parts.recorder?.mark?.(`no evidence: ${done.cut}`);
    this.#end(null);
  }

  #collect(collecting: Collecting, event: DialogueEvent): void {
    const [next, effects] = stepEvidence(collecting, event);
    this.#collecting = next;
    for (const effect of effects) this.#perform(effect);
    if (event.kind === 'taken') {
      // Whoever took the line may mend what failed; if not, it is told, and asked about, once he gives it back.
      this.#collecting = null;
      this.#dialogue = {
        ...this.#dialogue,
        screen: next.keyboard.screen,
        asked: null,
        waiting: null,
        told: null,
      };
      this.#parts.recorder?.mark?.(EVIDENCE_END_MARK);
      this.#converse(event);
    } else this.#goOnCollecting(next);
  }

  #perform(effect: Effect): void {
    const { line, recorder } = this.#parts;
    if (effect.kind === 'type') {
      recorder?.typed(effect.text, effect.secret);
      return;
    }
    if (effect.kind === 'write') {
      line.write(this.#encoder.encode(effect.text));
      return;
    }
    const event = 'at' in effect ? { ...effect, at: this.#sinceStart(effect.at) } : effect;
    noteEffect(this.#gathered, event);
    this.#parts.onEvent?.(event);
  }

  #sinceStart(at: number): number {
    return Number((at - this.#startedAt).toFixed(6));
  }

  #sleep(): void {
    const { wakeAt } = this.#collecting ?? this.#dialogue;
    // Most output changes nothing, and setting a timer costs more than reading it.
    if (wakeAt === this.#wakeAt) return;
    this.#cancelWake();
    this.#wakeAt = wakeAt;
    if (wakeAt === null) return;
    // A timer may fire a moment early by the clock that the dialogue goes by; then it is set once more.
    this.#cancelWake = this.#parts.clock.timer(Math.ceil(wakeAt * 1000), () => {
      this.#wakeAt = null;
      this.#take({ kind: 'tick', at: this.#now() });
    });
  }

  #end(interrupted: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unsubscribe();
    this.#cancelWake();
    this.#parts.signal?.removeEventListener('abort', this.#abort);
    const report = reportOf(this.#dialogue, this.#gathered);
    const tail = tailOf(this.#dialogue);
    const evidence = this.#collecting?.done ?? null;
    const ended = { ...report, tail, evidence };
    // A failure that was told stays one, whoever ends the collecting.
    this.#resolve(
      interrupted === null || this.#collecting !== null
        ? ended
        : { ...ended, outcome: 'incomplete', reason: interrupted },
    );
  }
}
