// Edits the network's text: checks it as it is typed, and runs it on demand.

import { makeCodeEditor } from "../../parts/code_editor.js";
import { attempt, problemOf } from "../../parts/attempt.js";
import { byId, make, setText, showText } from "../../parts/dom.js";
import { count } from "../../words/numbers.js";
import { layerTable } from "../../parts/layer_table.js";

/** @import { Context } from "../../view_context.js" */
/** @import { Problem, SpecSummary } from "../../server/protocol.js" */

const CHECK_AFTER_MS = 150;

/** @param {Problem} problem */
function wording({ message, line }) {
  return line === undefined || /^line \d/.test(message) ? message : `line ${line}: ${message}`;
}

/** @param {Context} context */
export function showEditor({ store, command, bootstrap, nonce }) {
  const area = byId("newnet", HTMLTextAreaElement);
  const button = byId("buttonnn", HTMLButtonElement);
  const keep = byId("keepweights", HTMLInputElement);
  const revert = byId("buttonrevert", HTMLButtonElement);
  const hint = byId("spec_state", HTMLElement);
  const problemLine = byId("spec_problem", HTMLElement);
  const table = byId("spec_summary", HTMLElement);
  /** Text of the running network. */
  let running = "";
  /** The session that `running` belongs to. */
  let sessionId = "";
  /** What the text area held when it was last in line with the editor. */
  let synced = "";
  let checks = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const preset = makePresets(bootstrap.presets, (text) => editor.setText(text));
  const editor = makeCodeEditor({
    parent: byId("spec_editor", HTMLElement),
    beside: table,
    text: "",
    nonce,
    label: "Network and trainer",
    describedBy: "spec_keys",
    onChange(text) {
      synced = text;
      area.value = text;
      preset.show(text);
      showState();
      clearTimeout(timer);
      timer = setTimeout(check, CHECK_AFTER_MS);
    },
    onRun: () => void change(),
  });
  const edited = () => running !== "" && editor.text.trim() !== running.trim();
  const showState = () => {
    setText(hint, edited() ? "not applied yet" : "");
    revert.hidden = !edited();
  };
  /** @param {Problem | null} problem */
  const complain = (problem) => {
    editor.showProblem(problem && problem.line !== undefined ? problem : null);
    showText(problemLine, problem ? wording(problem) : "");
    table.classList.toggle("outdated", problem !== null);
  };

  async function check() {
    const own = ++checks;
    const text = editor.text;
    if (text.length > bootstrap.limits.spec_characters) {
      return complain({ message: `The text has ${count(text.length)} characters; the limit is ${count(bootstrap.limits.spec_characters)}.` });
    }
    try {
      /** @type {SpecSummary} */
      const summary = await command({ type: "check_spec", spec: text });
      if (own !== checks) return undefined; // the text has changed meanwhile
      table.replaceChildren(...layerTable(summary, (line) => editor.goToLine(line)));
      complain(null);
    } catch (error) {
      const problem = problemOf(error);
      if (own === checks && problem.line !== undefined) complain(problem);
    }
    return undefined;
  }

  async function change() {
    // A script written for the original sets the text area and clicks the button.
    if (area.value !== synced) editor.setText(area.value);
    clearTimeout(timer);
    checks += 1;
    const text = editor.text;
    const worked = await attempt({ busy: button, complain }, () =>
      command({ type: "change_network", spec: text, keep: keep.checked }));
    if (worked) {
      running = text;
      void check();
    }
    showState();
  }

  area.addEventListener("input", () => editor.setText(area.value));
  button.addEventListener("click", () => void change());
  revert.addEventListener("click", () => editor.setText(running));
  store.subscribe(["session", "connection"], ({ session, connection }) => {
    if (!session || connection !== "open") return;
    // A server that lost its sessions has made a new one: the user's text is worth more.
    const lost = sessionId !== "" && session.session !== sessionId;
    // Neither is a text lost that was chosen or written before the session was there.
    const touched = running === "" ? editor.text !== "" : edited();
    const followed = !touched && !lost;
    sessionId = session.session;
    if (session.spec !== running) {
      running = session.spec;
      if (followed) editor.setText(running);
    }
    if (table.childElementCount === 0) void check();
    showState();
  });
}

/**
 * The list of presets, which shows the one whose text the editor holds, if it does.
 * @param {Context["bootstrap"]["presets"]} presets
 * @param {(text: string) => void} choose
 */
function makePresets(presets, choose) {
  const select = byId("preset", HTMLSelectElement);
  const about = byId("preset_about", HTMLElement);
  select.append(...presets.map(({ name, title }) => make("option", { value: name }, title)));
  select.addEventListener("change", () => {
    const chosen = presets.find(({ name }) => name === select.value);
    if (chosen) choose(chosen.text);
  });
  return {
    /** @param {string} text */
    show(text) {
      const held = presets.find((preset) => preset.text.trim() === text.trim());
      select.value = held?.name ?? "";
      showText(about, held?.about ?? "");
    },
  };
}
