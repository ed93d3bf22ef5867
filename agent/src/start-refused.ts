/**
 * The agent cannot start or continue until an operator changes its configuration. The message is
 * one line that says what to change; it is printed without a stack and the process ends with code 1.
 */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
}
