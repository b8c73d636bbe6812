/** The values that a dialogue is made of, and what one step of it may touch. */
import type { Answer } from '../src/autoinstall/response-file.ts';
import type { Manner } from './manner.ts';
import type { Phase } from './phase.ts';
import type { PromptRow } from './prompts/row.ts';
import type { PromptTable, SetProgress } from './prompts/table.ts';
import type { Screen } from './screen.ts';

/** What the driver was ordered to do. */
export interface DialogueFacts {
  /**
   * `auto` types `a` at the menu and lets autoinstall(8) do the rest; `type` and `upgrade` choose (I)nstall
   * and (U)pgrade and answer each question from `answers`; `watch` types nothing: somebody runs sysupgrade(8) in
   * the guest, and its console alone tells how that goes.
   */
  readonly mode: 'auto' | 'type' | 'upgrade' | 'watch';
  readonly answers: readonly Answer[];
  /** Typed at `Response file location?`; null leaves that question to a human. */
  readonly location: string | null;
  /** Which sight is the end of the work. */
  readonly until: 'congratulations' | 'login';
  /** The release that is expected, `7.6`, until the console names its own. */
  readonly release?: string | null;
  /**
   * How the console was taken. `resume`: in the middle of an install, so that it says nothing until something
   * happens; `again`: where an install failed, whose installer stands at its menu or its shell and is to be started
   * once more. From the machine's start where it is not said.
   */
  readonly taking?: 'start' | 'resume' | 'again';
  /** Resumed before autoinstall had been started: what stands half typed there is the driver's own. */
  readonly early?: boolean;
  /** The prompts to expect; OpenBSD's without it. */
  readonly table?: PromptTable;
  /**
   * How the console is to be typed at. Without it nothing is written and no echo awaited: the dialogue only
   * tells what it would type.
   */
  readonly manner?: Manner;
}

/** Times (`at`) are seconds, of any clock that does not run backwards. */
export type DialogueEvent =
  | { readonly kind: 'output'; readonly text: string; readonly at: number }
  /** Somebody else typed: whatever prompt stands there did wait. */
  | { readonly kind: 'input'; readonly at: number }
  /** A human has taken the line: nothing is typed until he gives it back. */
  | { readonly kind: 'taken'; readonly at: number }
  /** He has given it back. `lastKey` is the last character that was written to the console. */
  | { readonly kind: 'given'; readonly lastKey: string; readonly at: number }
  | { readonly kind: 'tick'; readonly at: number }
  /** The other end is gone. */
  | { readonly kind: 'closed'; readonly at: number };

export type Outcome = 'installed' | 'upgraded' | 'failed' | 'incomplete';

export type Effect =
  /**
   * What is being typed from now on, `text` with its RETURN, for the record. A secret is never kept. `rule` names
   * the prompt's row.
   */
  | { readonly kind: 'type'; readonly text: string; readonly secret: boolean; readonly rule: string }
  /** To be written to the console at once. May be a secret, or a part of one. */
  | { readonly kind: 'write'; readonly text: string }
  /** A prompt waited. `answer`: null when nothing answers it, `***` for a secret, '' for a mere RETURN. */
  | {
      readonly kind: 'prompt';
      readonly at: number;
      readonly name: string;
      readonly text: string;
      readonly answer: string | null;
    }
  /** The prompt that nothing answered is over: somebody answered it, or it went on by itself. */
  | { readonly kind: 'moved-on'; readonly at: number }
  | { readonly kind: 'phase'; readonly name: Phase; readonly at: number }
  | ({ readonly kind: 'progress' } & SetProgress)
  | { readonly kind: 'release'; readonly release: string }
  /** May come again with another one: a human may mend what had failed. */
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly reason: string | null };

/** What there is to tell of a dialogue: all but what it types. */
export type Telling = Exclude<Effect, { kind: 'type' | 'write' }>;

export interface Dialogue {
  readonly facts: DialogueFacts;
  readonly screen: Screen;
  /** The last completed lines. */
  readonly tail: readonly string[];
  /** Beginnings of a line whose rest is awaited, because the kernel broke into it. */
  readonly heads: readonly string[];
  readonly release: string | null;
  readonly phase: Phase | null;
  /** When something new was last seen. */
  readonly newsAt: number;
  /** Who answers the installer's questions: `installer` is autoinstall, `us` whoever types. */
  readonly answering: 'installer' | 'us' | null;
  /** The menu that follows starts autoinstall by itself. */
  readonly timer: boolean;
  /** Answers that are left. */
  readonly answers: readonly Answer[];
  /** Of the question that is asked twice. */
  readonly password: { readonly question: string; readonly answer: Answer | null } | null;
  /** Text that looks like a prompt and may still turn out not to be one. */
  readonly waiting: Waiting | null;
  /** The prompt on the open line that was reported. */
  readonly asked: Asked | null;
  /** An earlier one whose echo was not recognised: it may only be drawn again. */
  readonly unechoed: Asked | null;
  /** Text of the prompt that was answered last, until something else than the kernel has spoken. */
  readonly answered: string | null;
  /** Lines completed since a prompt was reported. */
  readonly unasked: number;
  /** The answer that is on its way. */
  readonly typing: Typing | null;
  /** A human holds the line. */
  readonly aside: boolean;
  /** The last character that was written to the console; RETURN at the start, as cu(1) sees it. */
  readonly lastKey: string;
  /** Prompts answered last, so that one that comes back for ever is noticed. */
  readonly recent: readonly string[];
  readonly progress: SetProgress | null;
  /** The likely reason of a failure that has not been announced yet. */
  readonly suspect: string | null;
  readonly failure: Failure | null;
  readonly success: 'installed' | 'upgraded' | null;
  /** The outcome that was told last. */
  readonly told: { readonly outcome: Outcome; readonly reason: string | null } | null;
  /** When a silent console gets a RETURN, to see where it stands, or the kill before it; null when it does not. */
  readonly prod: { readonly at: number; readonly killed: boolean } | null;
  /** When to send a tick; null when only output can change anything. */
  readonly wakeAt: number | null;
}

export interface Waiting {
  readonly row: PromptRow;
  readonly text: string;
  /** When its last character arrived. */
  readonly at: number;
  /** When it counts as waiting; infinite for prompts that go on by themselves. */
  readonly settledAt: number;
  readonly redrawn: Asked | null;
}

export interface Asked {
  /** With the blank at its end. */
  readonly text: string;
  readonly at: number;
  readonly decision: Decision;
  /** Somebody else typed here. */
  readonly touched: boolean;
  /** The answer that was on its way when a human took the line. */
  readonly interrupted?: Typing;
}

/** What to do at a prompt. */
export interface Decision {
  /** As it is told: see the effect `prompt`. */
  readonly shown: string | null;
  /** What is typed before RETURN; null for nothing at all. */
  readonly typed: string | null;
  readonly secret: boolean;
  /** The prompt proves that the install has failed. */
  readonly failure: string | null;
  readonly answers?: readonly Answer[];
  readonly password?: Dialogue['password'];
}

/** What is to be typed, and at which prompt. */
export interface Order {
  /** Without its RETURN. */
  readonly text: string;
  readonly secret: boolean;
  readonly rule: string;
  /** With the blank at its end. */
  readonly prompt: string;
  /** An earlier answer may still stand on the line, unseen. */
  readonly afresh: boolean;
}

/** An answer on its way. */
export interface Typing {
  readonly order: Order;
  /**
   * `typing`: until its echo is whole. `killing`: the line was killed, to type again. `returned`: RETURN was sent,
   * and nothing has come of it yet. `probing`: that takes too long, so something harmless was typed behind it.
   */
  readonly stage: 'typing' | 'killing' | 'returned' | 'probing';
  /** What stood on the open line before the answer. */
  readonly base: string;
  /** From 1. */
  readonly attempt: number;
  /** Its echo is awaited before RETURN. */
  readonly compared: boolean;
  /** What this attempt has not written yet. */
  readonly unsent: string;
  /** A line was completed in the middle of it: the kernel broke in. */
  readonly torn: boolean;
  /** What is seen is not the echo. */
  readonly wrong: boolean;
  readonly killedAgain: boolean;
  /** When the next burst is due, or patience ends. */
  readonly dueAt: number;
}

export interface Failure {
  readonly reason: string;
  /** A stall is over as soon as anything new comes; the installer giving up is not. */
  readonly stall: boolean;
  /** The installer goes on to CONGRATULATIONS, and the system is not what was asked for all the same. */
  readonly lasting?: boolean;
  /** The machine reboots by itself. */
  readonly reboots?: boolean;
}

/** One step at work: the next dialogue while it is being made, and the effects so far. */
export interface Turn {
  readonly next: { -readonly [Key in keyof Dialogue]: Dialogue[Key] };
  readonly effects: Effect[];
  /** The time of the event. */
  readonly at: number;
}
