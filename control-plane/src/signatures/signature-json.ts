import { z } from "@hono/zod-openapi";
import { timestamp } from "../http/routes.ts";
import { signatureModes } from "./rules.store.ts";

export const seenSignatureSchema = z
  .object({
    counts: z.boolean().describe("It is one that the rule asks for"),
    key: z.string().nullable().describe("Name of the rule's key that made it"),
    issuer: z
      .string()
      .nullable()
      .describe("Of a certificate that holds: who vouches for the subject"),
    subject: z.string().nullable().describe("Of a certificate that holds: who has signed"),
    signedAt: timestamp.nullable().describe("When, by the log or timestamp of the certificate"),
    why: z.string().nullable().describe("Why it does not count: a sentence; null: it does"),
  })
  .openapi("SeenSignature");

export const signatureFindingSchema = z
  .object({
    mode: z.enum(signatureModes),
    verdict: z
      .enum(["signed", "not_signed", "unknown"])
      .describe("unknown: the registry could not be asked"),
    signedBy: z.array(z.string()).describe("Names of the keys, and subjects of the identities"),
    message: z.string().describe("A sentence"),
    seen: z
      .array(seenSignatureSchema)
      .optional()
      .describe("Each signature of the digest; absent in plans of earlier versions"),
  })
  .nullable()
  .openapi("SignatureFinding");
