/** What is known of one question of OpenBSD's installer, and of the questions of a release. */

export type Mode = 'install' | 'upgrade';

/** Answers so far: the latest to each question, by the question's name. */
export type Given = ReadonlyMap<string, string>;

export interface Question {
  /** The same for all wordings of one question. */
  readonly name: string;
  /**
   * As the installer prints it, without the default; more than one where the machine decides the wording.
   * `{nic}`, `{user}`, `{zone}`, `{set}` and `{sets}` stand for what the run is about at that point.
   */
  readonly text: readonly [string, ...string[]];
  /** Releases that ask it so, both included. */
  readonly from: string;
  readonly to: string;
  readonly modes: readonly Mode[];
  readonly fallback: Fallback;
  /** `never`: autoinstall(8) does not ask it. `only`: nobody but autoinstall(8) is asked. */
  readonly autoinstall: 'always' | 'only' | 'never';
  /** When it is asked, to complete "is asked only"; absent for what every run asks. */
  readonly asked?: string;
  /** Whether earlier answers lead to it. Where the machine or the network decide, it may be asked. */
  readonly when?: (given: Given) => boolean;
  /** Asked again, with its whole group, until the answer is `done`. */
  readonly group?: 'interface' | 'disks' | 'sets';
  /** Asked again until the answer is `done`. */
  readonly repeats?: true;
  readonly secret?: true;
  /** Anything else ends the run. */
  readonly accepts?: RegExp;
}

/**
 * What happens without an answer. `none`: the run ends. `sometimes`: it ends unless `where` holds.
 */
export type Fallback =
  | { readonly kind: 'default'; readonly value: string }
  | { readonly kind: 'sometimes'; readonly where: string }
  | { readonly kind: 'none' };

/** How a release's questions are known: from a running installer, or from its source alone. */
const KNOWN: Readonly<Record<string, 'seen' | 'read'>> = {
  '5.8': 'seen',
  '7.2': 'read',
  '7.3': 'seen',
  '7.4': 'seen',
  '7.5': 'seen',
  '7.6': 'seen',
};

/** What is known of a release's questions. */
export interface Standing {
  readonly release: string;
  /** The release whose questions are taken: itself, or the nearest that is known. */
  readonly basis: string;
  readonly known: 'seen' | 'read' | 'unverified';
}

/** @param release as OpenBSD numbers them: 7.6 */
export function standingOf(release: string): Standing {
  const known = KNOWN[release];
  if (known !== undefined) return { release, basis: release, known };
  const distance = (other: string): number => Math.abs(order(other) - order(release));
  const [basis = release] = Object.keys(KNOWN).sort((a, b) => distance(a) - distance(b));
  return { release, basis, known: 'unverified' };
}

/** True when this release, or what it inherits from, asks this question in these words. */
export function isOf(question: Question, { basis }: Standing): boolean {
  return order(question.from) <= order(basis) && order(basis) <= order(question.to);
}

/** OpenBSD counts 6.9, 7.0: a release's number is its order. */
const order = (release: string): number => Number(release.replace('.', '')) || 0;

/** The release in a set directory: `pub/OpenBSD/7.6/amd64`. */
export function releaseIn(directory: string): string | null {
  return /(?:^|\/)(\d+\.\d)(?:\/|$)/.exec(directory)?.[1] ?? null;
}

/** What `Setup a user` accepts; yes and no are no logins. */
export const LOGIN = /^[a-z][-a-z0-9_]{0,30}$/;

/** The user that is set up, or null. */
export function loginIn(given: Given): string | null {
  const login = given.get('user-again') || given.get('user') || '';
  return LOGIN.test(login) && !/^(?:no?|y|yes)$/.test(login) ? login : null;
}
