import { type MadePassword, type MakePasswords, withPasswords } from '../../src/autoinstall/passwords.ts';
import { renderResponseFile } from '../../src/autoinstall/response-file.ts';
import type { Armed } from '../catalog.ts';

/** The response file of an armed client. Rejects when there are passwords to make and they cannot be made. */
export type RenderAnswers = (armed: Armed) => Promise<string>;

/**
 * Renders with new passwords each time, so that the last file that was fetched is the one that counts. Whoever asks
 * while they are being made gets the same: a client that asks a thousand times keeps one thread busy with one hash.
 */
export function renderWith(makePasswords: MakePasswords | undefined): RenderAnswers {
  const making = new Map<string, Promise<readonly MadePassword[]>>();
  return async ({ token, answers, passwords: accounts = [] }) => {
    if (makePasswords === undefined) throw new Error('nothing here makes passwords');
    const made = making.get(token) ?? makePasswords(accounts).finally(() => making.delete(token));
    making.set(token, made);
    return renderResponseFile(withPasswords(answers, await made));
  };
}
