/**
 * What an update is, by the tags of both sides:
 * - `patch`, `minor`, `major`: a higher version of the same shape, by the first number that differs;
 * - `rebuild`: another digest of the same tag;
 * - `older`: a lower version of the same shape;
 * - `other`: nothing that tags tell, such as another commit of a branch.
 */
export const updateKinds = ["rebuild", "patch", "minor", "major", "older", "other"] as const;
export type UpdateKind = (typeof updateKinds)[number];

/** Those that auto-update may be allowed: it never deploys a lower version. */
export const automaticKinds = ["rebuild", "patch", "minor", "major", "other"] as const;
