import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { exit, Failure } from "../exit.ts";
import { receiptText } from "../receipts/receipt-text.ts";
import { readKeys, type Trust, verifyReceipt } from "../receipts/verify-receipt.ts";
import { type Common, common, type Making, speak, voice } from "./command.ts";
import { planOf } from "./plans.ts";

interface Into extends Common {
  output?: string;
}

/** Receipts of plans, and whether they are what their control plane signed. */
export function addReceipts(program: Command, { io, endWith }: Making): void {
  common(program.command("receipt").argument("<plan>", "its id, or `latest`"))
    .description("Show what a plan did, as the servers saw it")
    .option("-o, --output <file>", "write the receipt with its signature to a file")
    .action(async (id: string, options: Into) => {
      const speaking = speak(options, io);
      const path = { id: (await planOf(speaking, id)).id };
      const answer = await speaking.client.get("/api/deployment-plans/{id}/receipt", { path });
      if (options.output === undefined) {
        return speaking.say(answer, receiptText(answer.receipt, speaking.paint));
      }
      await write(options.output, answer);
      const signed = answer.jws === null ? "not signed, as the plan has not ended" : "signed";
      io.err(`The receipt is in ${options.output}, ${signed}.\n`);
    });

  common(program.command("receipt-keys"), { environment: false })
    .description("Fetch the public keys that receipts are verified with")
    .option("-o, --output <file>", "write them to a file")
    .action(async (options: Into) => {
      const speaking = speak(options, io);
      const keys = await speaking.client.get("/api/receipt-keys", {});
      if (options.output !== undefined) {
        await write(options.output, keys);
        return io.err(`${keys.keys.length} public key(s) are in ${options.output}.\n`);
      }
      speaking.show(
        keys,
        [
          { title: "Fingerprint", cell: ({ kid }) => kid },
          { title: "Since", cell: ({ createdAt }) => createdAt },
          { title: "Signed until", cell: ({ retiredAt }) => retiredAt ?? "" },
        ],
        keys.keys,
        "There is no key yet.",
      );
    });

  program
    .command("verify-receipt")
    .argument("<file>", "what `bridgeport receipt -o` wrote; - for stdin")
    .description("Verify the signature of a receipt, without asking anybody")
    .option("--key <file>", "the public keys that are believed: a JWK Set, a JWK or PEM")
    .option("--fingerprint <thumbprint>", "the fingerprint of the key that is believed")
    .option("--json", "print JSON instead of text")
    .action(
      async (file: string, options: { key?: string; fingerprint?: string; json?: boolean }) => {
        const trust = await trustOf(options);
        const text = file === "-" ? await io.readStdin() : await read(file);
        const { receipt, key } = await verifyReceipt(text, trust);
        const { say, paint } = voice(options, io);
        const sentence = `The receipt is what the key ${key} signed.`;
        say({ receipt, key }, `${receiptText(receipt, paint)}\n\n${sentence}`);
        endWith(exit.ok);
      },
    );
}

async function trustOf({
  key,
  fingerprint,
}: {
  key?: string;
  fingerprint?: string;
}): Promise<Trust> {
  if ((key === undefined) === (fingerprint === undefined)) {
    throw new Failure(
      "Which key is believed? Give --key with a file (bridgeport receipt-keys -o keys.json, fetched where you trust it) or --fingerprint.",
    );
  }
  return key === undefined ? { fingerprint: fingerprint ?? "" } : readKeys(await read(key), key);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Failure(`${path} cannot be read: ${(cause as Error).message}`, exit.other, { cause });
  }
}

async function write(path: string, value: unknown): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
  } catch (cause) {
    throw new Failure(`${path} cannot be written: ${(cause as Error).message}`, exit.other, {
      cause,
    });
  }
}
