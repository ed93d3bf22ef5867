/**
 * The one limit of every test and every hook. It says nothing about how long something may take:
 * it only ends what will never end by itself.
 */
export const testLimitMs = 10 * 60_000;

/** The one limit of every wait within a test: shorter, so that the wait can say what it waited for. */
export const waitLimitMs = 5 * 60_000;
