/** Response files of autoinstall(8): `question = answer` lines. */

/** One line of a response file. The key is (part of) the installer's question. */
export interface Answer {
  readonly key: string;
  readonly value: string;
  /** Never shown, logged or recorded in clear. */
  readonly secret?: boolean;
}
