/*
 * What the parts of the control plane measure of their work, for `GET /metrics`. A part is given a function
 * to tell it to, so that none knows who counts. Telling is cheap and never fails.
 */

/** What happened once. Times are in seconds. */
export type Measurement =
  /** a step of a plan has ended; from when it was begun, so with the work of its agent */
  | { of: "step"; action: string; status: string; seconds: number }
  /** a plan has ended; from when it was begun, so without waiting for approvals */
  | { of: "plan"; trigger: string; status: string; seconds: number }
  /** a plan was looked at, and what was due in it was written: this process's own share */
  | { of: "plan_look"; seconds: number }
  /** what an agent reported of a container is in the database; from when the report was received */
  | { of: "report"; seconds: number }
  /** a background job has ended, such as looking at a registry or sending a notification */
  | { of: "job"; task: string; ok: boolean; seconds: number };

export type Measure = (measurement: Measurement) => void;

export const measureNothing: Measure = () => {};
