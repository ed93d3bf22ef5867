/** A receipt as the API gives it: what `bridgeport verify-receipt` takes. */
export interface SignedReceipt {
  receipt: unknown;
  /** null: the plan has not ended */
  jws: string | null;
}

/** The fingerprint of the key that a compact JWS names in its header; null: it names none. */
export function keyOf(jws: string): string | null {
  try {
    const header = (jws.split(".")[0] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { kid } = JSON.parse(atob(header)) as { kid?: unknown };
    return typeof kid === "string" ? kid : null;
  } catch {
    return null;
  }
}

/** Hands the receipt to the browser as a file. */
export function saveReceipt(signed: SignedReceipt, planId: string): void {
  const text = `${JSON.stringify(signed, null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `receipt-${planId}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
