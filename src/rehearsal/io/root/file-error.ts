import { errnoOf } from '../../../common/error.ts';

const TEXTS = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EEXIST: 'File exists',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ENOTEMPTY: 'Directory not empty',
  ENOSPC: 'No space left on device',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
} as const;

/** What a command says of a file: errno's text. */
export class FileError extends Error {
  constructor(errno: keyof typeof TEXTS) {
    super(TEXTS[errno]);
  }
}

/** What this machine's files refuse is what the host's refuse. */
export function asFileError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const errno = error instanceof FileError ? null : errnoOf(error);
    throw isKnown(errno) ? new FileError(errno) : error;
  }
}

const isKnown = (errno: string | null): errno is keyof typeof TEXTS =>
  errno !== null && Object.hasOwn(TEXTS, errno);
