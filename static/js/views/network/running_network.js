// Shows spectators the running network and its trainer, read-only.

import { makeCodeEditor } from "../../parts/code_editor.js";
import { byId, make } from "../../parts/dom.js";
import { layerTable } from "../../parts/layer_table.js";
import { SETTING_LABELS, unusedText } from "../../words/trainer_text.js";

/** @import { Context } from "../../view_context.js" */

/** @param {Context} context */
export function showRunning({ store, nonce }) {
  const values = byId("trainer_values", HTMLElement);
  const table = byId("spec_summary", HTMLElement);
  const editor = makeCodeEditor({ parent: byId("spec_editor", HTMLElement), beside: table, text: "", nonce, label: "The running network and its trainer" });

  let signature = "";

  store.subscribe(["session"], ({ session }) => {
    const next = JSON.stringify([session?.spec, session?.layers, session?.trainer]);
    if (!session || next === signature) return;
    signature = next;
    editor.setText(session.spec);
    table.replaceChildren(...layerTable(session, (line) => editor.goToLine(line)));
    values.replaceChildren(...Object.entries(SETTING_LABELS).map(([name, label]) => {
      const unused = unusedText(name, session);
      const value = make("dd", { "data-value": name }, String(session.trainer[name]));
      return make("div", {}, make("dt", {}, unused ? `${label} (${unused}):` : `${label}:`), value);
    }));
  });
}
