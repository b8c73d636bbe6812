export interface Options {
  /** Each flag that was given, with its value; '' for one without. */
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/** getopt(3): flags before the first operand; `-fw` is `-f -w`; a `:` takes the rest or the next word. */
export function getopt(options: string, words: readonly string[]): Options | { readonly error: string } {
  const flags = new Map<string, string>();
  const rest = [...words];
  while (rest[0]?.startsWith('-') && rest[0] !== '-') {
    const word = rest.shift() ?? '';
    if (word === '--') break;
    for (let at = 1; at < word.length; at += 1) {
      const flag = word.charAt(at);
      const known = options.indexOf(flag);
      if (flag === ':' || known < 0) return { error: `unknown option -- ${flag}` };
      if (options.charAt(known + 1) !== ':') {
        flags.set(flag, '');
        continue;
      }
      const value = word.slice(at + 1) || rest.shift();
      if (value === undefined) return { error: `option requires an argument -- ${flag}` };
      flags.set(flag, value);
      break;
    }
  }
  return { flags, rest };
}
