import { open, rename, rm } from 'node:fs/promises';
import { messageOf, OperatorError } from '../../src/common/error.ts';
import { type Evidence, type EvidenceTitle, renderEvidence } from '../evidence/report.ts';

/** Readable for the operators' group: it holds no secret. */
const MODE = 0o640;

/**
 * Writes evidence so that the file is either whole or not there.
 * @throws OperatorError EVIDENCE_UNWRITABLE
 */
export async function writeEvidence(path: string, title: EvidenceTitle, evidence: Evidence): Promise<void> {
  const temporary = `${path}.new`;
  try {
    const file = await open(temporary, 'w', MODE);
    try {
      await file.writeFile(renderEvidence(title, evidence));
      await file.chmod(MODE);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new OperatorError('EVIDENCE_UNWRITABLE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}
