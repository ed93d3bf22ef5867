import { z } from "@hono/zod-openapi";
import { signatureModes } from "./rules.store.ts";

export const signatureFindingSchema = z
  .object({
    mode: z.enum(signatureModes),
    verdict: z
      .enum(["signed", "not_signed", "unknown"])
      .describe("unknown: the registry could not be asked"),
    signedBy: z.array(z.string()).describe("Names of the keys"),
    message: z.string().describe("A sentence"),
  })
  .nullable()
  .openapi("SignatureFinding");
