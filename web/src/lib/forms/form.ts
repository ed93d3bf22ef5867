import { getContext, setContext } from "svelte";
import type { HTMLInputAttributes } from "svelte/elements";
import { fieldError } from "../api/problem.ts";
import type { Action } from "../components/action.svelte.ts";

/** What the fields of a form have to know of it. */
export interface FormContext {
  /** what the form sends: its problem says which fields are wrong */
  readonly action: Action;
  /** no field can be changed, as for a user who may only read */
  readonly locked: boolean;
}

/** What every field has besides its control. */
export interface FieldProps {
  label: string;
  /** the field's path in the body of the request, so that it shows what the server says of it */
  name?: string | undefined;
  hint?: string | undefined;
  /** what is wrong with it, where the console finds that out; comes before what the server says */
  error?: string | null | undefined;
  optional?: boolean;
}

/** What a field does not take from outside, because it is the field that decides it. */
export type ControlAttributes = Omit<
  HTMLInputAttributes,
  keyof FieldProps | "value" | "id" | "aria-invalid" | "aria-describedby" | "children"
>;

const key = Symbol("form");

export function provideForm(form: FormContext): void {
  setContext(key, form);
}

/** The form that a component is in; undefined outside of one. */
export function surroundingForm(): FormContext | undefined {
  return getContext<FormContext | undefined>(key);
}

/** What to show below a field: the console's own finding, or else the server's. */
export function errorOf(
  { name, error }: Pick<FieldProps, "name" | "error">,
  problem: unknown,
): string | null {
  return error ?? (name === undefined ? null : fieldError(problem, name));
}
