/** The worker thread that makes passwords: a hash takes a tenth of a second, and must. */
import { randomInt } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { genSaltSync, hashSync } from 'bcryptjs';
import type { PasswordReply, PasswordRequest } from './passwords.ts';

/** No signs that look alike, none that a shell or a response file takes for something else. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
/** 116 bits. */
const LENGTH = 20;
/** Rounds as a power of two (bcrypt(3)): what login.conf(5) comes to on a machine of today. */
const COST = 10;

parentPort?.on('message', ({ number, accounts }: PasswordRequest) => {
  const passwords = accounts.map((account) => {
    const clear = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    return { account, clear, hash: hashSync(clear, genSaltSync(COST)) };
  });
  const reply: PasswordReply = { number, passwords };
  parentPort?.postMessage(reply);
});
