/** Which answer a prompt gets. Pure: deciding consumes nothing until the prompt turns out to wait. */
import { takeAnswer } from '../src/autoinstall/match.ts';
import { MASK } from './mask.ts';
import { isUnderWay } from './phase.ts';
import type { AnswerKind, PromptRow } from './prompts/row.ts';
import type { Decision, Dialogue } from './turn.ts';

/** A prompt that comes back this often is not understood: typing the same again would go on for ever. */
const MOST_REPEATS = 3;

const MENU_KEY = { auto: 'a', type: 'i', upgrade: 'u' } as const;

/** What still tells how a machine stands at which nothing is to be typed. */
const TELLING: ReadonlySet<AnswerKind> = new Set(['shell', 'last-shell', 'stopped', 'ddb', 'login']);

/** @param text the prompt's line, with the blank at its end */
export function decide(dialogue: Dialogue, row: PromptRow, text: string): Decision {
  if (isElsewhere(dialogue, row)) {
    return failing(`the installer stands at no menu or shell any more: the console shows ${show(text)}`);
  }
  return dialogue.facts.mode === 'watch'
    ? decideWatching(dialogue, row, text)
    : DECIDE[row.answer](dialogue, text, row);
}

/** An install that is to be started once more was left at a menu or a shell; nothing else is typed at. */
function isElsewhere({ facts, phase }: Dialogue, { answer, name }: PromptRow): boolean {
  return facts.taking === 'again' && phase === null && name !== 'menu' && !isShell(answer);
}

function decideWatching(dialogue: Dialogue, row: PromptRow, text: string): Decision {
  if (row.answer === 'menu' && dialogue.success === null && dialogue.failure === null) {
    return failing(dialogue.suspect ?? 'the unattended upgrade gave up, and the installer shows its menu');
  }
  const decision = TELLING.has(row.answer) ? DECIDE[row.answer](dialogue, text, row) : NOTHING;
  return { ...NOTHING, failure: decision.failure };
}

const isShell = (answer: AnswerKind): boolean => answer === 'shell' || answer === 'last-shell';
const show = (text: string): string => JSON.stringify(text.trimEnd());

/** Type nothing. */
export const NOTHING: Decision = { shown: null, typed: null, secret: false, failure: null };
const failing = (failure: string): Decision => ({ ...NOTHING, failure });
const typing = (text: string): Decision => ({ shown: text, typed: text, secret: false, failure: null });

const DECIDE: Record<AnswerKind, (dialogue: Dialogue, text: string, row: PromptRow) => Decision> = {
  menu(dialogue, text) {
    const { mode } = dialogue.facts;
    // After a failure the menu has no timer and waits for a human: typing would only fail again, for ever.
    if (dialogue.failure !== null || dialogue.success !== null) return NOTHING;
    if (isUnderWay(dialogue.phase)) {
      return failing(dialogue.suspect ?? 'the installer gave up and went back to its menu');
    }
    return mode === 'watch' || isWornOut(dialogue, text) ? NOTHING : typing(MENU_KEY[mode]);
  },

  location(dialogue, text) {
    const { location } = dialogue.facts;
    if (location !== null && !isWornOut(dialogue, text)) return typing(location);
    const because = dialogue.suspect === null ? '' : `: ${dialogue.suspect}`;
    return failing(`nothing answers "Response file location?"${because}`);
  },

  mode({ facts }) {
    const upgrade = facts.mode === 'upgrade' || /upgrade\.conf(?:\?|$)/.test(facts.location ?? '');
    return typing(upgrade ? 'u' : 'i');
  },

  question: decideQuestion,

  // Text of a boot or of a running system may look like a question too.
  unknown: (dialogue, text, row) =>
    dialogue.phase === 'menu' || isUnderWay(dialogue.phase) ? decideQuestion(dialogue, text, row) : NOTHING,

  text: (dialogue, text, row) => (isWornOut(dialogue, text) ? NOTHING : typing(row.text ?? '')),

  password(dialogue, text, row) {
    const asked = text
      .replace(/ *\((?:will not echo|again)\) $/, '')
      .replace(/(?:New|Re-type) passphrase: $/, PASSPHRASE);
    const question = row.question ?? asked;
    const known = dialogue.password?.question === question ? dialogue.password : null;
    const { answer, rest } =
      known === null
        ? takeAnswer(dialogue.answers, question)
        : { answer: known.answer, rest: dialogue.answers };
    // Backslashes count here, and what cannot be typed would end the question early.
    const typed =
      answer === null || CONTROL.test(answer.value) || isWornOut(dialogue, text) ? null : answer.value;
    const shown = typed === null ? null : MASK;
    return { shown, typed, secret: true, failure: null, answers: rest, password: { question, answer } };
  },

  reboot: ({ success }) => (success === null ? NOTHING : typing('reboot')),

  shell: decideShell,
  'last-shell': (dialogue, text) =>
    dialogue.phase === 'done' && dialogue.failure === null && !isWornOut(dialogue, text)
      ? typing('reboot')
      : decideShell(dialogue),

  stopped: ({ success }, text) => (success === null ? failing(text.trim()) : NOTHING),
  ddb: ({ suspect }) => failing(suspect ?? 'the kernel stopped in its debugger'),
  nobody: () => NOTHING,
  itself: () => NOTHING,
  login: ({ success }) =>
    success === null ? failing('"login:" came, but nobody saw an install succeed') : NOTHING,
};

function decideShell({ facts, success, phase, suspect, failure }: Dialogue): Decision {
  if (success !== null || failure !== null) return NOTHING;
  // From the shell the way to the menu is out of it: .profile runs again.
  if (facts.taking === 'again' && phase === null) return typing('exit');
  // Found at once on a console that was taken up again: what went before was printed for nobody.
  if (facts.taking === 'resume' && phase === null) {
    return failing('the installer gave up while nobody watched, and left a shell prompt');
  }
  return isUnderWay(phase) ? failing(suspect ?? 'the installer gave up and left a shell prompt') : NOTHING;
}

function decideQuestion(dialogue: Dialogue, text: string, row: PromptRow): Decision {
  const { question, fallback } = parseQuestion(text);
  const { answer, rest } = takeAnswer(dialogue.answers, row.question ?? question);
  if (answer !== null) {
    // What is typed here is echoed, so a secret is not.
    const typed = answer.secret === true ? null : typeable(answer.value);
    const shown = typed === null ? null : answer.value;
    return { shown, typed, secret: false, failure: null, answers: rest };
  }
  return fallback === null || isWornOut(dialogue, text) ? NOTHING : typing('');
}

const PASSPHRASE = 'New passphrase?';
const CONTROL = /[\x00-\x1f\x7f]/;

/** The question without its default, and the default; null when RETURN alone is no answer. */
export function parseQuestion(text: string): { readonly question: string; readonly fallback: string | null } {
  const [, question, fallback] = /^(.*?) ?\[([^[]*)\] $/.exec(text) ?? [];
  if (question === undefined || fallback === undefined) return { question: text.trimEnd(), fallback: null };
  return { question, fallback };
}

/**
 * The installer reads answers with `read`, which takes backslashes as escapes, and runs what starts with `!`
 * as a command, so such an answer cannot be given here.
 */
function typeable(value: string): string | null {
  if (CONTROL.test(value) || value.startsWith('!')) return null;
  return value.replaceAll('\\', '\\\\');
}

/** The prompt was answered so often that another answer would be as useless. */
export function isWornOut({ recent }: Dialogue, text: string): boolean {
  return recent.filter((earlier) => earlier === text).length >= MOST_REPEATS;
}
