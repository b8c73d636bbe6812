import { expect, it } from 'vitest';
import { takeAnswer } from '../../src/autoinstall/match.ts';

it.each<[string, string, boolean]>([
  ['System hostname', "System hostname? (short form, e.g. 'foo')", true],
  ['system HOSTNAME', "System hostname? (short form, e.g. 'foo')", true],
  ["System hostname? (short form, e.g. 'foo')", "System hostname? (short form, e.g. 'foo')", true],
  ['hostname', "System hostname? (short form, e.g. 'foo')", true],
  ['host', "System hostname? (short form, e.g. 'foo')", false],
  ['name', "System hostname? (short form, e.g. 'foo')", false],
  ['Start sshd', 'Start sshd(8) by default?', false],
  ['Start sshd(8)', 'Start sshd(8) by default?', true],
  ['Start sshd(8) by default', 'Start sshd(8) by default?', true],
  ['Start', 'Start sshd(8) by default?', true],
  ['Start sshd.*', 'Start sshd(8) by default?', false],
  ['.*', 'Start sshd(8) by default?', false],
  ['*', 'Start sshd(8) by default?', false],
  ['[a-z]+', 'Terminal type?', false],
  ['Set name(s)', "Set name(s)? (or 'abort' or 'done')", true],
  ['Public ssh key for user puffy', 'Public ssh key for user puffy', true],
  ['Public ssh key for user', 'Public ssh key for user puffy', true],
  ['or', "IPv4 address for vio0? (or 'autoconf' or 'none')", true],
  ["'none'", "IPv4 address for vio0? (or 'autoconf' or 'none')", false],
  ['(I)nstall', '(I)nstall or (U)pgrade?', true],
  ['sshd(8) by', 'xsshd(8) by sshd(8) by default?', true],
  ['', 'Terminal type?', false],
])('key %j in %j: %s', (key, question, matches) => {
  const { answer } = takeAnswer([{ key, value: 'x' }], question);
  expect(answer !== null).toBe(matches);
});

it('takes the first of several, and each only once', () => {
  const answers = [
    { key: 'Terminal type', value: 'vt100' },
    { key: 'Network interface', value: 'vio0' },
    { key: 'Network interface to configure', value: 'done' },
  ];
  const question = "Network interface to configure? (name, lladdr, '?', or 'done')";
  const first = takeAnswer(answers, question);
  const second = takeAnswer(first.rest, question);
  const third = takeAnswer(second.rest, question);
  expect([first, second, third].map(({ answer }) => answer?.value ?? null)).toEqual(['vio0', 'done', null]);
  expect(third.rest).toEqual([{ key: 'Terminal type', value: 'vt100' }]);
});
