// Remembers what somebody chose, in this browser; where storage is blocked, for as long as the page lasts.

/** @param {string} name @returns {string | null}  null where nothing is remembered */
export function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string | null} value  null to forget it */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Storage may be blocked or full.
  }
}
