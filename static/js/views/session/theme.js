// Lets people choose light or dark, or leave it to the system.

import { byId, setText } from "../../parts/dom.js";
import { remember } from "../../parts/remembered.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const SPOKEN = { auto: "auto colors, as your system has them", light: "light colors", dark: "dark colors" };

export function showTheme() {
  const button = byId("theme", HTMLButtonElement);
  const root = document.documentElement;
  /** @returns {keyof typeof NEXT} */
  const current = () => {
    const chosen = root.dataset.theme;
    return chosen === "light" || chosen === "dark" ? chosen : "auto";
  };
  const say = () => {
    setText(button, current());
    button.setAttribute("aria-label", `${SPOKEN[current()]}; change`); // begins with what is seen
    button.title = SPOKEN[current()];
  };
  button.addEventListener("click", () => {
    const next = NEXT[current()];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    remember("theme", next === "auto" ? null : next);
    say();
    root.dispatchEvent(new CustomEvent("themechange"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    root.dispatchEvent(new CustomEvent("themechange"));
  });
  say();
}
