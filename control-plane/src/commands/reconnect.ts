/**
 * How long after our start an agent may need to connect and to say what it has done meanwhile, in
 * milliseconds. Until then nothing that it was ordered to do is late.
 */
export const reconnectMs = 60_000;
