// Small helpers to find and to make elements, typed.

/**
 * The element with this id; its absence is a mistake in the template.
 * @template {HTMLElement | SVGElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/**
 * Makes an element with attributes (null ones are left out) and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | null>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Sets a text only if it changed, so that screen readers and layout are not disturbed.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Shows a text, or hides its element where there is none.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function showText(element, text) {
  setText(element, text);
  element.hidden = text === "";
}

/**
 * Makes a button open a dialog, and the dialog's buttons with `data-close` close it.
 * @param {HTMLButtonElement} button
 * @param {HTMLDialogElement} dialog
 * @param {() => void} onOpen
 */
export function opens(button, dialog, onOpen) {
  button.addEventListener("click", () => {
    dialog.showModal();
    onOpen();
  });
  for (const close of dialog.querySelectorAll("[data-close]")) close.addEventListener("click", () => dialog.close());
}
