// Wraps CodeMirror: the text of a network, its syntax colors, and the place of an error.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, indentService, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/** @import { Problem } from "../server/protocol.js" */

/**
 * @typedef {object} EditorOptions
 * @property {HTMLElement} parent
 * @property {HTMLElement} beside  the table of the text's layers
 * @property {string} text
 * @property {string} nonce
 * @property {string} label  for screen readers
 * @property {string} [describedBy]  id of a text for screen readers
 * @property {(text: string) => void} [onChange]  without it the text is read-only
 * @property {() => void} [onRun]
 */

/** Like the line above; after an opening bracket JavaScript's own indentation, which is deeper. */
const indentation = indentService.of((context, at) =>
  /[[({]\s*$/.test(context.lineAt(at, -1).text) ? undefined : context.lineIndent(at, -1));

/** @param {EditorOptions} options */
export function makeCodeEditor({ parent, beside, text, nonce, label, describedBy, onChange, onRun }) {
  const run = { key: "Mod-Enter", run: () => { onRun?.(); return true; } };
  const readOnly = onChange === undefined;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of(nonce),
        // Escape, then Tab, leaves the editor: CodeMirror sees to that.
        keymap.of([run, ...(readOnly ? [] : [indentWithTab]), ...defaultKeymap, ...historyKeymap]),
        indentation,
        lineNumbers(), highlightActiveLine(), highlightActiveLineGutter(), drawSelection(),
        history(), bracketMatching(), lintGutter(), javascript(),
        syntaxHighlighting(classHighlighter),
        EditorView.lineWrapping,
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ "aria-label": label, "aria-readonly": String(readOnly), ...(describedBy && { "aria-describedby": describedBy }), spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange?.(update.state.doc.toString());
        }),
      ],
    }),
  });
  // Where the table stands beside it the editor is as tall, within bounds that the style has.
  new ResizeObserver(() => {
    if (beside.offsetHeight > 0) parent.style.setProperty("--beside", `${beside.offsetHeight}px`);
  }).observe(beside);
  // A text longer than its place can be scrolled with the keyboard, not only by editing it.
  view.scrollDOM.tabIndex = 0;
  view.scrollDOM.setAttribute("role", "group");
  view.scrollDOM.setAttribute("aria-label", `${label}: text`);
  return {
    get text() {
      return view.state.doc.toString();
    },
    /** @param {string} next */
    setText(next) {
      if (next === this.text) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    /** Underlines the place of a problem, or removes the underline. @param {Problem | null} problem */
    showProblem(problem) {
      const found = problem ? [{ ...placeOf(view.state, problem), severity: /** @type {const} */ ("error"), message: problem.message }] : [];
      view.dispatch(setDiagnostics(view.state, found));
    },
    /** Selects a line and scrolls to it. @param {number} number */
    goToLine(number) {
      const line = view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
      view.dispatch({ selection: { anchor: line.from, head: line.to }, scrollIntoView: true });
      view.focus();
    },
  };
}

/**
 * From the named column to the end of the word there; at least one character where there is one.
 * @param {EditorState} state
 * @param {Problem} problem
 */
function placeOf(state, { line: number = 1, column = 1 }) {
  const line = state.doc.line(Math.min(Math.max(number, 1), state.doc.lines));
  const from = Math.min(line.from + Math.max(column - 1, 0), line.to);
  const word = /^[\w$.]+/.exec(state.sliceDoc(from, line.to));
  const to = Math.min(from + Math.max(word?.[0].length ?? 0, 1), line.to);
  return from === to ? { from: Math.max(from - 1, line.from), to } : { from, to };
}
