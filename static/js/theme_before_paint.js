// Applies the chosen theme before the first paint; a classic script, because it has to block.

{
  const chosen = (() => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage may be blocked
    }
  })();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
