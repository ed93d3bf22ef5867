/**
 * What one side takes of the other, whatever the other says. An agent may be in wrong hands: its
 * control plane counts before it believes. Both sides know these, so that an honest agent stays below.
 */
export const limits = {
  /** bytes of one message of an agent; a longer one is never decoded */
  messageBytes: 1024 * 1024,
  /** fields of one message that have a length of their own, at whatever depth: each becomes a value */
  messageElements: 60_000,
  /** containers in one message, and in one complete inventory */
  containersInMessage: 2000,
  containers: 20_000,
  /** of one container; what is beyond is left out */
  labels: 1000,
  ports: 1000,
  /** digests and names of its image, and containers that it needs */
  names: 200,
  /** lines of one answer or of one part of a followed log */
  logLines: 5000,
  /** settings that one deploy changes */
  changes: 2000,
  /** parts of the work on one command */
  phases: 50,
  /** signatures that a command brings, and how long one of them, and all together, may be */
  signatures: 50,
  signatureLength: 65_536,
  signaturesLength: 524_288,
  /** how deep objects and lists may be nested in a value that is sent as JSON */
  jsonDepth: 32,
} as const;

/** How many characters of a text count; what is beyond is cut off. */
export const textLimits = {
  id: 200,
  name: 1000,
  label: 16_384,
  /** all labels of a container: in UTF-8 they still fit into one message */
  labels: 262_144,
  sentence: 10_000,
  logLine: 65_536,
} as const;

/** The longest time that a container may say that something of it takes: a day. */
export const longestMs = 86_400_000;
