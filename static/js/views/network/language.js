// Searches the list of what can be written in the editor.

import { byId, showText } from "../../parts/dom.js";

export function showLanguage() {
  const search = byId("language_search", HTMLInputElement);
  const none = byId("language_none", HTMLElement);
  const sections = [...byId("language", HTMLElement).querySelectorAll("section")].map((section) => ({
    section,
    entries: [...section.querySelectorAll("[data-entry]")].map((element) => ({
      element: /** @type {HTMLElement} */ (element),
      text: `${section.querySelector("h3")?.textContent} ${element.textContent} ${element.getAttribute("data-entry")}`.toLowerCase(),
    })),
  }));

  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/);
    for (const { section, entries } of sections) {
      for (const { element, text } of entries) element.hidden = !words.every((word) => text.includes(word));
      section.hidden = entries.every(({ element }) => element.hidden);
    }
    const found = sections.some(({ section }) => !section.hidden);
    showText(none, found ? "" : `Nothing here says “${search.value.trim()}”.`);
  });
}
