/** Whether the far end said goodbye: by a close frame, with or without a code. */
export function isGoodbye(code: number): boolean {
  return code === 1000 || code === 1001 || code === 1005;
}
