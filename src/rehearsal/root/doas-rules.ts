/** doas.conf(5), as far as `permit` and `deny` rules go. */
export interface DoasRule {
  readonly permit: boolean;
  readonly nopass: boolean;
  /** `:group` is a group's. */
  readonly identity: string;
  readonly target: string | null;
  readonly command: string | null;
  /** Null: any. */
  readonly args: readonly string[] | null;
}

export type DoasConf = { readonly rules: readonly DoasRule[] } | { readonly error: string };

const OPTIONS = new Set(['nopass', 'nolog', 'persist', 'keepenv']);

/** @returns the rules, or what doas(1) -C says of the first bad line */
export function parseDoasConf(text: string): DoasConf {
  const rules: DoasRule[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const tokens = tokenize(line);
    if (tokens !== null && tokens.length === 0) continue;
    const rule = tokens === null ? null : parseRule(tokens);
    if (rule === null) return { error: `doas: syntax error at line ${index + 1}` };
    rules.push(rule);
  }
  return { rules };
}

interface Token {
  readonly text: string;
  /** A quoted word is never a keyword. */
  readonly quoted: boolean;
}

function tokenize(line: string): readonly Token[] | null {
  const tokens: Token[] = [];
  const pattern = /[ \t]+|#.*$|"((?:\\.|[^"\\])*)"|[{}]|(?:\\.|[^\s{}"#\\])+|./gy;
  for (const [raw, quoted] of line.matchAll(pattern)) {
    if (raw === '"' || raw === '\\') return null;
    if (/^([ \t]|#)/.test(raw)) continue;
    tokens.push({ text: (quoted ?? raw).replace(/\\(.)/g, '$1'), quoted: quoted !== undefined });
  }
  return tokens;
}

function parseRule(tokens: readonly Token[]): DoasRule | null {
  const rest = [...tokens];
  const accept = (word: string): boolean => {
    if (rest[0]?.quoted !== false || rest[0].text !== word) return false;
    rest.shift();
    return true;
  };
  const permit = accept('permit');
  if (!permit && !accept('deny')) return null;
  let nopass = false;
  while (rest[0]?.quoted === false && (OPTIONS.has(rest[0].text) || rest[0].text === 'setenv')) {
    const option = rest.shift()?.text;
    if (option === 'nopass') nopass = true;
    if (option !== 'setenv') continue;
    if (!accept('{')) return null;
    while (!accept('}')) if (rest.shift() === undefined) return null;
  }
  const identity = rest.shift()?.text;
  if (identity === undefined) return null;
  const target = accept('as') ? rest.shift()?.text : null;
  const command = accept('cmd') ? rest.shift()?.text : null;
  // The word is missing.
  if (target === undefined || command === undefined) return null;
  const args = command !== null && accept('args') ? rest.splice(0).map(({ text }) => text) : null;
  return rest.length > 0 ? null : { permit, nopass, identity, target, command, args };
}

/** The last rule that matches decides. */
export function doasPermits(
  rules: readonly DoasRule[],
  user: string,
  groups: readonly string[],
  argv: readonly string[],
): 'permit' | 'password' | 'deny' {
  const [command = '', ...args] = argv;
  const last = rules.findLast(
    (rule) =>
      (rule.identity === user ||
        (rule.identity.startsWith(':') && groups.includes(rule.identity.slice(1)))) &&
      (rule.target === null || rule.target === 'root') &&
      (rule.command === null || rule.command === command) &&
      (rule.args === null ||
        (rule.args.length === args.length && rule.args.every((arg, at) => arg === args[at]))),
  );
  if (last?.permit !== true) return 'deny';
  return last.nopass ? 'permit' : 'password';
}
