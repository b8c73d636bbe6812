import { takeAnswer } from '../../autoinstall/match.ts';
import type { Answer } from '../../autoinstall/response-file.ts';
import type { Board } from './board.ts';

/** The installer gave up: `exit 1` of its script. */
export class Aborted extends Error {}

/** One run of the installer, by hand or from a response file: how it asks, and what it has said. */
export class Session {
  readonly board: Board;
  readonly release: string;
  /** Answers come from a response file; a question without one ends the run. */
  readonly unattended: boolean;
  /** The text of /tmp/ai/ai.log. */
  log = '';
  /** The text of /tmp/i/MODE.resp: every answer, passwords as encrypt(1) makes them. */
  answers = '';
  /** The root disk has been partitioned. */
  labelled = false;
  /** Where the sets came from, as /etc/installurl has it; empty before. */
  installUrl = '';
  /** True once a question was asked by hand, which decides where a failure leads. */
  askedByHand = false;
  #answers: readonly Answer[];

  constructor(board: Board, release: string, answers: readonly Answer[] | null) {
    this.board = board;
    this.release = release;
    this.unattended = answers !== null;
    this.#answers = answers ?? [];
  }

  get version(): string {
    return this.release.replace('.', '');
  }

  say(text: string): void {
    this.log += text;
    this.board.print(text);
  }

  async wait(seconds: number): Promise<void> {
    await this.board.pause(seconds);
  }

  /** `ask` of install.sub: the answer, or the default; by hand an empty one where there is no default. */
  async ask(question: string, fallback = ''): Promise<string> {
    this.say(fallback === '' ? `${question} ` : `${question} [${fallback}] `);
    if (this.unattended) return this.#respond(question, fallback);
    for (;;) {
      const line = cooked(await this.#typed());
      if (!line.startsWith('!')) return this.#saved(question, line === '' ? fallback : line);
      await this.#escape(line.slice(1).trim());
      this.say(fallback === '' ? `${question} ` : `${question} [${fallback}] `);
    }
  }

  /** `ask_until`: asks until there is an answer. */
  async askUntil(question: string, fallback = ''): Promise<string> {
    for (;;) {
      const answer = await this.ask(question, fallback);
      if (answer !== '') return answer;
      this.say('A response is required.\n');
    }
  }

  /** `ask_yn` */
  async askYesNo(question: string, fallback: 'yes' | 'no' = 'no'): Promise<boolean> {
    for (;;) {
      const answer = await this.ask(question, fallback);
      if (/^y(es)?$/i.test(answer)) return true;
      if (/^no?$/i.test(answer)) return false;
      this.refuse(answer);
    }
  }

  /** `ask_which`: one of `choices`, which are shown, or `done`. */
  async askWhich(
    what: string,
    question: string,
    choices: readonly string[],
    fallback: string,
  ): Promise<string> {
    for (;;) {
      this.say(`Available ${what}s are: ${choices.join(' ')}.\n`);
      const answer = await this.ask(question, fallback);
      if (answer === 'done' || choices.includes(answer)) return answer;
      this.refuse(answer);
    }
  }

  /** `ask_password`: twice and without echo by hand, `<provided>` from a response file. */
  async askPassword(question: string): Promise<string> {
    if (this.unattended) {
      this.say(`${question} `);
      return this.#respond(question, '', '<provided>');
    }
    for (;;) {
      const first = await this.#typedUnseen(`${question} (will not echo) `);
      const second = await this.#typedUnseen(`${question} (again) `);
      if (first === second) {
        this.#saved(question, hashed(first));
        return first;
      }
      this.say('Passwords do not match, try again.\n');
    }
  }

  /** Tells that an answer can't be: by hand the question comes again, otherwise the run ends. */
  refuse(answer: string): void {
    this.say(`'${answer}' is not a valid choice.\n`);
    this.abortUnattended();
  }

  abortUnattended(): void {
    if (this.unattended) throw new Aborted();
  }

  async #respond(question: string, fallback: string, shown?: string): Promise<string> {
    const { answer, rest } = takeAnswer(this.#answers, question);
    this.#answers = rest;
    await this.wait(0.04);
    const text = answer?.value ?? fallback;
    if (text === '') {
      this.say(`\nQuestion has no answer in response file: "${question.toLowerCase()}"\n`);
      throw new Aborted();
    }
    this.say(`${shown ?? text}\n`);
    this.#saved(question, shown === undefined ? text : hashed(text));
    return text;
  }

  /** `log_answers`: what was asked and answered, in the form of a response file. */
  #saved(question: string, answer: string): string {
    if (answer !== '') this.answers += `${question.replace(/\?.*$/, '')} = ${answer}\n`;
    return answer;
  }

  async #typed(): Promise<string> {
    this.askedByHand = true;
    return (await this.board.readLine()) ?? '';
  }

  async #typedUnseen(prompt: string): Promise<string> {
    await this.board.terminal('silent');
    this.say(prompt);
    try {
      return await this.#typed();
    } finally {
      await this.board.terminal('lines');
      this.say('\n');
    }
  }

  /** `!` alone is a shell; there are no commands in this ramdisk to run behind it. */
  async #escape(command: string): Promise<void> {
    if (command !== '') {
      this.say(`ksh: ${command.split(' ')[0] ?? ''}: not found\n`);
      return;
    }
    this.say("Type 'exit' to return to install.\n");
    for (;;) {
      this.board.print('# ');
      const line = (await this.#typed()).trim();
      if (line === 'exit') return;
      if (line !== '') this.board.print(`ksh: ${line.split(' ')[0] ?? ''}: not found\n`);
    }
  }
}

/** Stands for encrypt(1): what is a hash, or locked, stays as it is. */
function hashed(password: string): string {
  if (/^\$2[aby]\$|^\*{13}$/.test(password)) return password;
  let state = 7n;
  const letters = Array.from({ length: 53 }, (_, index) => {
    state = (state * 31n + BigInt(password.charCodeAt(index % password.length) || 1)) & 0xffffffffn;
    return 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./'[Number(state % 64n)];
  });
  return `$2b$10$${letters.join('')}`;
}

/** `read` without `-r` eats backslashes and trims blanks. */
const cooked = (line: string): string => line.replace(/\\(.?)/g, '$1').trim();
