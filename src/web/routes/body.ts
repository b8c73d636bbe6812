import type { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';

/** @throws OperatorError VM_REFUSED listing all that is wrong with the body's form, one a line */
export function parseBody<T extends z.ZodType>(shape: T, body: unknown): z.output<T> {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${show(key)} is no property of a VM that can be given`)
      : [`${issue.path.join('.') || 'the body'}: ${issue.message}`],
  );
  throw new OperatorError('VM_REFUSED', lines.join('\n'));
}
