/**
 * The agent cannot start, or not go on, until somebody changes something. The message is
 * one line that says what; it is printed without a stack and the process ends with code 1.
 */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
}
