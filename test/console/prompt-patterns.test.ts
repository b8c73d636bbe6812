import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTable } from '../../console/prompts/compile.ts';
import { compilePattern, LONGEST_MATCH } from '../../console/prompts/pattern.ts';
import { distanceTo, knownAs, nearestTo, parseReleases } from '../../console/prompts/releases.ts';
import { findMarkers, findPrompt, OPENBSD_TABLE } from '../../console/prompts/table.ts';

describe('a pattern', () => {
  it.each<[string, string, string | null]>([
    ['^login: $', 'login: ', ' '],
    ['Response file location\\? (?:\\[.*\\] )?$', 'Response file location? ', ' '],
    ['a+bc $', 'bc ', ' '],
    ['ab?c$', 'a', 'c'],
    ['ab*$', 'a', null],
    ['x(?:one|tone)$', 'x', 'e'],
    ['x(?:one|two)$', 'x', null],
    ['one$|two$', '', null],
    ['\\d+> $', '> ', ' '],
    ['name[=>] $', 'name', ' '],
    ['a{2}b$', 'a', 'b'],
    ['(?!no )yes $', 'yes ', ' '],
  ])('%s needs %j and ends in %j', (source, key, last) => {
    const pattern = compilePattern(source);
    expect([pattern.key, pattern.last === null ? null : String.fromCharCode(pattern.last)]).toEqual([
      key,
      last,
    ]);
  });

  it.each([
    ['^login: $', 'login: '],
    ['^booting \\S+: $', 'booting '],
    ['^abc?d$', 'ab'],
    ['^abc{2}$', 'ab'],
    ['^(?:ab|ac)$', ''],
    ['^.*ab$', ''],
    ['ab$', ''],
    ['^ab$|^ac$', ''],
  ])('%s begins with %j', (source, lead) => {
    expect(compilePattern(source).lead).toBe(lead);
  });

  it.each([
    ['a repetition of a repetition', '^(?:a+)+$', /repeats what is itself/],
    ['a repetition of a choice', '^(?:a|aa)*$', /repeats what is itself/],
    ['a repetition of what may be left out', '^(?:a?b?)*$', /repeats what is itself/],
    ['a counted repetition of one', '^(?:a*){9}$', /repeats what is itself/],
    ['four in a row', '^a*a*a*a*$', /repeats too much/],
    ['three that may begin anywhere', 'a*a*a*b$', /repeats too much/],
    ['many that may be left out', `^${'a?'.repeat(40)}$`, /repeats too much/],
    ['many choices', `^${'(?:a|a)'.repeat(40)}$`, /repeats too much/],
    ['a wide count', '^a{0,9999}a{0,9999}a{0,9999}a{0,9999}$', /repeats too much/],
    ['one within look-ahead', '^(?=a*a*a*)a*$', /repeats too much/],
    ['a back reference', '^(a*)\\1$', /back references/],
    ['look-behind', '(?<=a)b$', /look-behind/],
    ['a named group', '(?<x>a)$', /named groups/],
    ['a code', '\\x41$', /write the character/],
    ['a bracket', 'a[$', /nterminated/],
    ['too long a text', `${'a'.repeat(401)}$`, /longer than/],
  ])('with %s is refused', (_, source, reason) => {
    expect(() => compilePattern(source)).toThrow(reason);
  });

  it('is either refused or read rightly, whatever it is', () => {
    const piece = fc.constantFrom('a', 'b', '.', '\\d', '[ab]', '[^a]', '(?:a|b)', '(?:ab)', '(?!b)', '\\?');
    const count = fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{1,3}', '+?');
    const pieces = fc.array(fc.tuple(piece, count), { minLength: 1, maxLength: 6 });
    const source = fc
      .tuple(fc.constantFrom('', '^'), pieces)
      .map(([start, parts]) => `${start}${parts.map((part) => part.join('')).join('')}$`);
    const line = fc.string({ unit: fc.constantFrom('a', 'b', '?', '1', ' '), maxLength: 12 });
    fc.assert(
      fc.property(source, fc.array(line, { minLength: 20, maxLength: 20 }), (text, lines) => {
        const pattern = read(text);
        for (const tried of lines) {
          if (pattern?.regex.test(tried) !== true) continue;
          expect(tried).toContain(pattern.key);
          expect(tried.startsWith(pattern.lead)).toBe(true);
          if (pattern.last !== null) expect(tried.charCodeAt(tried.length - 1)).toBe(pattern.last);
        }
      }),
    );
  });

  it('never throws anything but a SyntaxError', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab()[]{}|?*+\\^$.,1:=!<') }),
        (text) => read(text) !== undefined,
      ),
    );
  });
});

function read(source: string) {
  try {
    return compilePattern(source);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return null;
  }
}

describe('releases', () => {
  const ranges = parseReleases('seen 7.3-7.4, seen 7.6, read 5.8-7.9') ?? [];

  it.each<[string, 'seen' | 'read' | null]>([
    ['5.7', null],
    ['5.8', 'read'],
    ['7.3', 'seen'],
    ['7.5', 'read'],
    ['7.6', 'seen'],
    ['8.0', null],
    ['7.10', null],
  ])('know %s as %s', (release, how) => {
    expect(knownAs(ranges, release)).toBe(how);
  });

  it.each(['7.6', 'seen', 'seen 7.6-7.3', 'seen 7', 'heard 7.6', 'seen 7.6,', ''])('refuse %j', (text) => {
    expect(parseReleases(text)).toBeNull();
  });

  it.each<[string, number, string]>([
    ['6.0', 0, '6.0'],
    ['5.9', 1, '6.0'],
    ['8.0', 1, '7.9'],
    ['6.5', 1, '6.4'],
  ])('are %s: %i away, nearest %s', (release, distance, nearest) => {
    const known = parseReleases('read 6.0, read 6.4, seen 7.3-7.9') ?? [];
    expect([distanceTo(known, release), nearestTo(known, release)]).toEqual([distance, nearest]);
  });
});

describe('the table', () => {
  it.each<[string, string, string, string]>([
    ['# ', '5.8', 'shell', 'last-shell'],
    ['# ', '6.4', 'shell', 'last-shell'],
    ['# ', '6.8', 'shell', 'shell'],
    ['# ', '8.0', 'shell', 'shell'],
    ["IPv6 default router? (list #, IPv6 address or 'none'): ", '5.8', 'ipv6-router', 'question'],
    ["IPv6 default router? (IPv6 address or 'none'): ", '7.9', 'ipv6-router', 'question'],
    ['CONTINUE? [Fyn?] ', '7.6', 'fsck-question', 'nobody'],
    ['sd0*> ', '7.6', 'layout-editor', 'nobody'],
    ['Passphrase: ', '7.6', 'boot-passphrase', 'password'],
    ['Loading...ERR M', '7.6', 'boot-error', 'stopped'],
    ['Root filesystem? [sd0a] ', '5.8', 'root-filesystem', 'question'],
    ["Which disk contains the install media? (or 'done') [sd1] ", '6.0', 'sets-media', 'question'],
  ])('has at %j of %s the row %s, answered as %s', (line, release, name, answer) => {
    const row = findPrompt(line, release);
    expect([row?.name, row?.answer]).toEqual([name, answer]);
  });

  it.each<[string, string[]]>([
    ['Question has no answer in response file.', ['no-answer']],
    ['Question has no answer in response file: "system hostname?"', ['no-answer']],
    ['failed; check /ai.log', ['gave-up']],
    ['failed; check /tmp/ai/ai.log', ['gave-up']],
    ['Could not determine next-server.', ['no-server']],
    ['No DHCPOFFERS received.', ['no-lease']],
    ['Automatic file system check failed; help!', ['fsck-at-boot']],
    ['/dev/sd0a: UNEXPECTED INCONSISTENCY; RUN fsck_ffs MANUALLY.', ['fsck']],
    ['PXE-E53: No boot filename received', ['pxe-error']],
    ['net: mac fe:e1:bb:d1:4c:7a, ip 10.76.0.71, server 10.76.0.1', ['loader-network']],
    ['/bsd.upgrade is not u+x', ['not-executable']],
    ['Looked at  and found no OpenBSD/amd64 7.6 sets.  The set names looked for were:', ['no-sets-there']],
    ['starting network daemons: sshd smtpd sndiod.', ['daemons']],
    ['running rc.firsttime', ['first-time']],
    ['ssh-keygen: generating new host keys: RSA ECDSA ED25519', ['host-keys']],
  ])('finds in the line %j %j', (line, names) => {
    expect(findMarkers(line).map(({ name }) => name)).toEqual(names);
  });

  it('finds the same as trying every row on every line', () => {
    const words = fc.constantFrom(
      ...OPENBSD_TABLE.prompts.map(({ key }) => key),
      ...OPENBSD_TABLE.markers.map(({ key }) => key),
      '[no] ',
      '# ',
      ' yes',
      'x',
      ' ',
    );
    const line = fc.array(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(line, (text) => {
        const prompts = OPENBSD_TABLE.prompts.filter(({ prompt }) => prompt.test(text.slice(-LONGEST_MATCH)));
        expect(findPrompt(text, null)).toBe(prompts[0] ?? null);
        const markers = OPENBSD_TABLE.markers.filter((row) => row.line.test(text.slice(0, LONGEST_MATCH)));
        expect(findMarkers(text)).toEqual(markers);
      }),
      { numRuns: 500 },
    );
  });

  it('finds prompts that end in anything', () => {
    const prompts = ['Press RETURN$', 'one (?:or|and) two.?$', 'Go on\\?$'].map((prompt, index) => ({
      name: `row${index}`,
      prompt,
      answer: { text: '' },
    }));
    const table = compileTable({ name: 'x', releases: 'seen 1.0', prompts }, OPENBSD_TABLE);
    expect(
      ['Press RETURN', 'one or two;', 'one and two', 'Go on?', '# ', 'Go on? no'].map(
        (line) => findPrompt(line, '1.0', table)?.name ?? null,
      ),
    ).toEqual(['row0', 'row1', 'row1', 'row2', 'shell', null]);
  });

  it('looks at the end of a long line', () => {
    expect(findPrompt(`${'x'.repeat(1000)}(I)nstall or (U)pgrade? `, '7.6')?.name).toBe('mode');
  });
});
