/* Reads the fields of an encoded message where they stand, without making objects of them. */

export interface Cursor {
  at: number;
}

/** The next number; NaN where there is none. The upper bits of long ones do not matter here. */
export function varint(bytes: Uint8Array, cursor: Cursor, end: number): number {
  let value = 0;
  for (let shift = 0; shift < 70 && cursor.at < end; shift += 7) {
    const byte = bytes[cursor.at] ?? 0;
    cursor.at += 1;
    if (shift < 28) value |= (byte & 0x7f) << shift;
    else if (shift === 28) value += (byte & 0x7f) * 2 ** 28;
    if (byte < 0x80) return value;
  }
  return Number.NaN;
}

/** How many bytes the value of a field has from here on; null: it cannot be read, or goes beyond the end. */
export function lengthOf(
  bytes: Uint8Array,
  cursor: Cursor,
  end: number,
  wireType: number,
): number | null {
  let length: number;
  if (wireType === 2) length = varint(bytes, cursor, end);
  else if (wireType === 1) length = 8;
  else if (wireType === 5) length = 4;
  else if (wireType === 0) length = Number.isNaN(varint(bytes, cursor, end)) ? Number.NaN : 0;
  // Groups, which nest without a length, are in no version of this contract.
  else return null;
  return length <= end - cursor.at ? length : null;
}
