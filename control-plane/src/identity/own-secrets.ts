import { LoginThrottle, tooManyAttempts } from "./login-throttle.ts";

/**
 * Compares what a user types of the own secrets: guessed at with a stolen session these are slowed
 * down like a login. Not more is looked at than may fail.
 */
export function ownSecrets() {
  const throttle = new LoginThrottle();
  return async (userId: string, matches: () => Promise<boolean>): Promise<boolean> => {
    const attempt = await throttle.enter([{ key: userId, free: 5 }]);
    if (typeof attempt === "number") throw tooManyAttempts(attempt);
    try {
      const right = await matches();
      if (right) attempt.succeeded();
      else attempt.failed(Date.now());
      return right;
    } finally {
      attempt.abandoned();
    }
  };
}
