import type { Answer } from './response-file.ts';

/** A password that was made for one rendering of a response file. */
export interface MadePassword {
  /** `root`, or the login of the user that is set up. */
  readonly account: string;
  readonly clear: string;
  /** As encrypt(1) writes it: `$2b$10$...`. */
  readonly hash: string;
}

/** Makes random passwords, one for each account. Rejects when that cannot be done. */
export type MakePasswords = (accounts: readonly string[]) => Promise<readonly MadePassword[]>;

/**
 * The answers with these passwords: the hashes where passwords are asked for, and in clear text only behind the
 * ssh key, where a comment stands: `root:PASSWORD puffy:PASSWORD`.
 */
export function withPasswords(
  answers: readonly Answer[],
  passwords: readonly MadePassword[],
): readonly Answer[] {
  if (passwords.length === 0) return answers;
  const comment = passwords.map(({ account, clear }) => `${account}:${clear}`).join(' ');
  return answers.map((answer) => {
    const made = passwords.find(({ account }) => answer.key === passwordQuestion(account));
    if (made !== undefined) return { ...answer, value: made.hash, secret: true };
    if (!answer.key.startsWith('Public ssh key for ')) return answer;
    const [type = '', body = ''] = answer.value.split(/[ \t]+/);
    return { ...answer, value: `${type} ${body} ${comment}`, secret: true };
  });
}

/** The installer's question, as our response files have it. */
export const passwordQuestion = (account: string): string =>
  account === 'root' ? 'Password for root account' : `Password for user ${account}`;
