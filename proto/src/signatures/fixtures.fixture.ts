/** For the tests of both sides: what makes signatures. */

export { bundleOf, newSigner, payloadOf, type TestSigner } from "./signing.fixture.ts";
export {
  newSigstore,
  type SignOptions,
  type TestSigstore,
  testIssuer,
  testSubject,
} from "./sigstore.fixture.ts";
