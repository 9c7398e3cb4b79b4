// Draws a text as a QR code, which a phone's camera reads from the screen.

import qrcode from "qrcode-generator";

/** Cells of white around it, without which readers do not find it. */
const MARGIN = 4;

/**
 * The dark cells of a text's code as an SVG path, and the side of the whole in cells.
 * @param {string} text
 * @returns {{path: string, side: number}}
 */
export function qrPath(text) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (code.isDark(row, column)) path += `M${column + MARGIN} ${row + MARGIN}h1v1h-1z`;
    }
  }
  return { path, side: count + 2 * MARGIN };
}

/**
 * Shows a text's code; black on white in every theme, as readers want it.
 * @param {SVGSVGElement} svg
 * @param {string} text
 */
export function drawQrCode(svg, text) {
  const { path, side } = qrPath(text);
  svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
  const [ground, cells] = ["rect", "path"].map((name) => document.createElementNS(svg.namespaceURI, name));
  for (const [name, value] of Object.entries({ width: side, height: side, fill: "#fff" })) ground.setAttribute(name, String(value));
  for (const [name, value] of Object.entries({ d: path, fill: "#000" })) cells.setAttribute(name, value);
  svg.replaceChildren(ground, cells);
}
