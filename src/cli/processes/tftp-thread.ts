/** A thread of the netboot process that sends kernels by TFTP. */
import { parentPort } from 'node:worker_threads';
import { serveTransfers } from '../../../netboot/io/tftp-thread.ts';
import { SYSTEM_CLOCK } from '../../io/clock.ts';

if (parentPort !== null) serveTransfers(parentPort, SYSTEM_CLOCK);
