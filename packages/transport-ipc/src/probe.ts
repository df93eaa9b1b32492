import { connect } from 'node:net';
import { systemCode } from './errors.ts';

/** What a connection attempt says of a socket nobody listens on any more. */
const NOBODY = new Set(['ECONNREFUSED', 'ENOENT']);

/**
 * Whether somebody listens on a socket. The system itself knows, also of processes in another
 * container, and never mistakes a new process for the dead one whose number it got. In doubt: yes.
 */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!NOBODY.has(systemCode(error) ?? '')));
  });
}
