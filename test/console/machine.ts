import {
  type Dialogue,
  type DialogueFacts,
  type Effect,
  startDialogue,
  step,
} from '../../console/dialogue.ts';

/** A line discipline in canonical mode (termios(4)): echoes, kills lines, gives each line out at its RETURN. */
export class Tty {
  queue = '';
  echoes = true;

  /** @returns what it echoes, and the line that this key completed */
  take(key: string): { echo: string; line: string | null } {
    if (key === '\r') {
      const line = this.queue;
      this.queue = '';
      return { echo: this.echoes ? '\r\n' : '', line };
    }
    if (key === '\x15') {
      const erased = '\b \b'.repeat(this.queue.length);
      this.queue = '';
      return { echo: this.echoes ? erased : '', line: null };
    }
    this.queue += key;
    return { echo: this.echoes ? key : '', line: null };
  }
}

export interface Conversation {
  readonly facts: DialogueFacts;
  /** Asked one after another. One that ends in `(will not echo) ` or `(again) ` does not echo. */
  readonly prompts: readonly string[];
  /** What arrives of a key, the `index`th that is typed: one, none, two. */
  readonly arrives?: (key: string, index: number) => string;
  /** Pieces in which output comes, 1 ms apart. */
  readonly cut?: (output: string) => readonly string[];
  /** Turns what the machine prints into what is seen: a kernel's messages are in it. */
  readonly seen?: (output: string) => string;
  /** Seconds. */
  readonly until?: number;
}

export interface Conversed {
  /** What the machine read. */
  readonly lines: readonly string[];
  readonly effects: readonly Effect[];
  readonly dialogue: Dialogue;
  readonly written: string;
}

const INTRODUCTION = '\r\nWelcome to the OpenBSD/amd64 7.6 installation program.\r\n';

/** Lets a dialogue and a machine talk, on a clock of their own. */
export function converse(conversation: Conversation): Conversed {
  const { facts, prompts, arrives = (key) => key, cut = (output) => [output] } = conversation;
  const { seen = (output) => output, until = 200 } = conversation;
  const tty = new Tty();
  const lines: string[] = [];
  const effects: Effect[] = [];
  const coming: { at: number; text: string }[] = [];
  let dialogue = startDialogue(facts);
  let keys = 0;
  let written = '';

  const print = (output: string, at: number): void => {
    const from = Math.max(at, coming.at(-1)?.at ?? 0);
    for (const [index, text] of cut(seen(output)).entries()) {
      coming.push({ at: from + (index + 1) / 1000, text });
    }
  };
  const ask = (at: number): void => {
    const prompt = prompts[lines.length];
    tty.echoes = prompt === undefined || !/\((?:will not echo|again)\) $/.test(prompt);
    print(prompt ?? 'Thanks.\r\n', at);
  };
  const receive = (key: string, at: number): void => {
    const { echo, line } = tty.take(key);
    if (echo !== '') print(echo, at);
    if (line === null) return;
    if (!tty.echoes) print('\r\n', at);
    lines.push(line);
    ask(at);
  };
  const take = (event: Parameters<typeof step>[1]): void => {
    const [next, said] = step(dialogue, event);
    dialogue = next;
    effects.push(...said);
    for (const effect of said) {
      if (effect.kind !== 'write') continue;
      written += effect.text;
      for (const key of effect.text) {
        for (const arrived of arrives(key, keys++)) receive(arrived, event.at);
      }
    }
  };

  print(INTRODUCTION, 0);
  ask(0);
  for (;;) {
    const output = coming[0];
    const wakeAt = dialogue.wakeAt ?? Number.POSITIVE_INFINITY;
    if (Math.min(output?.at ?? Number.POSITIVE_INFINITY, wakeAt) > until || dialogue.told !== null) break;
    if (output !== undefined && output.at <= wakeAt) {
      coming.shift();
      take({ kind: 'output', ...output });
    } else take({ kind: 'tick', at: wakeAt });
  }
  return { lines, effects, dialogue, written };
}
