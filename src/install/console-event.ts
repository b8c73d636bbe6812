import type { Effect, Phase } from '../../console/dialogue.ts';
import type { ConsoleReport } from '../../console/report.ts';
import type { InstallEvent } from './lifecycle.ts';

/** What a console's phase means for the install; phases that mean nothing new are left out. */
const MEANING: Partial<Record<Phase, InstallEvent>> = {
  'response-file': { kind: 'answered' },
  questions: { kind: 'performing' },
  done: { kind: 'congratulations' },
  login: { kind: 'login' },
};

/**
 * What the dialogue says on a console, as an event of the lifecycle; null where it is none.
 * @param release the one that is to be installed: a ramdisk kernel can install no other; null for any
 */
export function consoleEventOf(effect: Effect, release: string | null): InstallEvent | null {
  if (effect.kind === 'phase') return MEANING[effect.name] ?? null;
  if (effect.kind === 'outcome' && effect.outcome === 'failed')
    return { kind: 'failing', reason: effect.reason };
  if (effect.kind !== 'release' || release === null || effect.release === release) return null;
  return {
    kind: 'fail',
    reason: `booted ${effect.release}, wants ${release}`,
    tail: '',
    next: `put the bsd.rd of ${release} beside its sets, then install it again`,
  };
}

/** What a prompt asks of people; null where it was answered, and at `login:`, which is the end and asks nobody. */
export const questionOf = ({ name, text, answer }: Extract<Effect, { kind: 'prompt' }>): string | null =>
  answer === null && name !== 'login' ? text : null;

/** Why a drive that ended has failed; null when it reached its login prompt. */
export function consoleFailure(
  { outcome, reason, phases }: ConsoleReport,
  tail: string,
): (InstallEvent & { kind: 'fail' }) | null {
  if (outcome === 'installed' || outcome === 'upgraded') return null;
  // After a gap the login prompt may be all that is seen; the lifecycle judges it.
  if (outcome === 'incomplete' && phases.at(-1)?.name === 'login') return null;
  if (/: Device busy$/m.test(tail)) return { kind: 'fail', reason: consoleRefusal('this VM', tail), tail };
  return { kind: 'fail', reason: reason ?? 'the console ended before the install did', tail };
}

/** Why `vmctl console` gave no console, for people. */
export function consoleRefusal(vm: string, said: string): string {
  const tty = /open\("?(\/dev\/\S+?)"?\): Device busy/.exec(said)?.[1];
  if (tty !== undefined)
    return `somebody else holds the console of ${vm}: cu(1) or vmctl(8) on its host has ${tty} open`;
  if (/console not found/.test(said)) return `${vm} has no console now: it does not run`;
  const words = said.replace(/[^\x20-\x7e]+/g, ' ').trim();
  return `the console of ${vm} ended at once${words === '' ? '' : `: ${words.slice(-200)}`}`;
}
