/** How a value of puffboot.toml is described: what it must be, for the parser and for people. */
import { z } from 'zod';

/** What a value must be, in words: told when it is refused, and printed in the README. */
export const WORDS = z.registry<{ readonly words: string }>();

export const matching = (form: RegExp, words: string) => z.string().regex(form).register(WORDS, { words });
export const whole = (from: number, to: number, words: string) =>
  z.int().min(from).max(to).register(WORDS, { words });
/** A text whose value is what `parse` makes of it; null refuses it. */
export const parsed = <T>(parse: (text: string) => T | null, words: string) =>
  z
    .string()
    .transform((text, context) => {
      const value = parse(text);
      if (value !== null) return value;
      context.addIssue({ code: 'custom', message: words });
      return z.NEVER;
    })
    .register(WORDS, { words });
