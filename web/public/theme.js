// Runs before the first paint, so that a dark screen never flashes white. Kept in step by
// src/lib/state/theme.svelte.ts.
{
  let choice = "system";
  try {
    choice = localStorage.getItem("bridgeport.theme") ?? "system";
  } catch {
    // storage may be forbidden; the system's choice is a good one
  }
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
