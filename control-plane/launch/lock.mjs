// One process at a time, across processes, and safe against one that was killed.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Waits until this process holds the lock, and returns the function that gives it back (which also
 * happens at exit). A holder that no longer runs is succeeded. `onWait(pid)` is called once if
 * another process holds it.
 */
export async function acquire(path, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!take(path)) {
    const holder = read(path);
    if (holder !== undefined && !isAlive(holder)) {
      discard(path, holder);
      continue;
    }
    if (!told && holder !== undefined) onWait(holder.split(" ")[0]);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const release = () => {
    process.removeListener("exit", release);
    if (read(path) === self()) rmSync(path, { force: true });
  };
  process.once("exit", release);
  return release;
}

// A link appears with its content, so no process ever reads half a lock.
function take(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, self());
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

// Of several that see the same dead holder one wins the rename. It may have caught the lock of a
// quicker successor instead: then that one is put back.
function discard(path, holder) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    if (read(aside) !== holder) linkSync(aside, path);
    rmSync(aside, { force: true });
  } catch {
    rmSync(aside, { force: true });
  }
}

function self() {
  return `${process.pid} ${startTime(process.pid)}`;
}

function isAlive(holder) {
  const [pid, started] = holder.split(" ");
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return error.code === "EPERM";
  }
  return startTime(pid) === started;
}

// Where there is no /proc the pid alone has to do.
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended" : fields[19];
  } catch {
    return "unknown";
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
