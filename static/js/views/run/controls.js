// Controls training: pause, step, restart, and the fields that change the trainer while it runs.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, make, setText, showText } from "../../parts/dom.js";
import { SETTING_LABELS, epsText, settingName, unusedText } from "../../words/trainer_text.js";

/** @import { Complain } from "../../parts/attempt.js" */
/** @import { Context } from "../../view_context.js" */
/** @import { State } from "../../store.js" */

/** @typedef {{setting: keyof typeof SETTING_LABELS, id: string, mode: "decimal" | "numeric"}} Field */

/** Settings that are typed in, with the original's ids. @type {Field[]} */
const FIELDS = [
  { setting: "learning_rate", id: "lr_input", mode: "decimal" },
  { setting: "momentum", id: "momentum_input", mode: "decimal" },
  { setting: "batch_size", id: "batch_size_input", mode: "numeric" },
  { setting: "l2_decay", id: "decay_input", mode: "decimal" },
];

/** Elements that handle keys themselves. */
const INTERACTIVE = "input, textarea, select, button, a, summary, [contenteditable]";

/** @param {Context} context */
export function showControls(context) {
  showRun(context);
  const place = byId("trainer_fields", HTMLFieldSetElement);
  for (const field of FIELDS) place.append(makeField(context, field));
  place.append(makeMethod(context));
}

/** @param {State} state */
function isHalted({ session }) {
  return session !== null && ["paused", "stopped", "failed"].includes(session.status);
}

/** @param {Context} context */
function showRun({ store, command }) {
  const toggles = [byId("buttontp", HTMLButtonElement), byId("header_pause", HTMLButtonElement)];
  const step = byId("buttonstep", HTMLButtonElement);
  const restart = byId("buttonrestart", HTMLButtonElement);
  const complain = complainIn(byId("control_problem", HTMLElement));

  /** @param {"pause" | "resume" | "step" | "restart"} type */
  const send = (type) => attempt({ complain }, () => command({ type }));
  const toggle = () => send(isHalted(store.state) ? "resume" : "pause");
  for (const button of toggles) button.addEventListener("click", toggle);
  step.addEventListener("click", () => send("step"));
  restart.addEventListener("click", () => send("restart"));

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const busy = target instanceof Element && target.closest(INTERACTIVE) !== null;
    if (busy || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === " ") {
      event.preventDefault(); // or else the page would scroll
      void toggle();
    } else if (event.key === "." && !step.disabled) {
      void send("step");
    }
  });

  store.subscribe(["session"], (state) => {
    for (const button of toggles) {
      const next = isHalted(state) ? "resume" : "pause";
      setText(button, next);
      button.dataset.next = next;
    }
    step.disabled = state.session?.status !== "paused";
  });
}

/**
 * A field that follows the trainer's value unless it is being edited.
 * @param {Context} context
 * @param {Field} field
 */
function makeField({ store, command }, { setting, id, mode }) {
  const [problemId, unusedId] = [`${id}_problem`, `${id}_unused`];
  const input = make("input", { id, type: "text", inputmode: mode, size: 8, autocomplete: "off", "aria-describedby": `${unusedId} ${problemId}` });
  const button = make("button", { type: "submit", "aria-label": `change ${settingName(setting)}` }, "change");
  const problem = make("p", { id: problemId, class: "problem", role: "alert", hidden: true });
  const unused = make("p", { id: unusedId, class: "hint", hidden: true });
  const form = make("form", { class: "field", "data-setting": setting }, make("label", { for: id }, `${SETTING_LABELS[setting]}:`), input, button, unused, problem);
  let edited = false;

  const running = () => String(store.state.session?.trainer[setting] ?? "");
  const say = complainIn(problem, (message) => `${message.replace(/\.?$/, ";")} the value is still ${running()}.`);
  /** @type {Complain} */
  const complain = (trouble) => {
    say(trouble);
    input.setAttribute("aria-invalid", String(trouble !== null));
  };
  const revert = () => {
    edited = false;
    input.value = running();
    complain(null);
  };
  input.addEventListener("input", () => {
    edited = true;
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") revert();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const worked = await attempt({ busy: form, complain }, () =>
      command({ type: "configure", settings: { [setting]: numberIn(input.value.trim()) } }));
    if (worked) edited = false;
  });
  let run = store.state.run;
  store.subscribe(["session"], (state) => {
    showText(unused, state.session ? unusedText(setting, state.session) : "");
    form.title = `current value: ${running()}`;
    // What was being typed was meant for the previous run.
    if (!edited || state.run !== run) revert();
    run = state.run;
  });
  return form;
}

/** @param {string} text @throws {Error} where it is not a finite number */
function numberIn(text) {
  const value = text === "" ? NaN : Number(text.replace(",", "."));
  if (!Number.isFinite(value)) throw new Error(`“${text}” is not a number.`);
  return value;
}

/** @param {Context} context */
function makeMethod({ store, command }) {
  const select = make("select", { id: "method_input", "aria-describedby": "method_eps method_problem" });
  const eps = make("p", { id: "method_eps", class: "hint", hidden: true });
  const problem = make("p", { id: "method_problem", class: "problem", role: "alert", hidden: true });
  const row = make("div", { class: "field", "data-setting": "method" }, make("label", { for: "method_input" }, `${SETTING_LABELS.method}:`), select, eps, problem);
  const complain = complainIn(problem);
  let listed = "";

  const follow = () => {
    const { session } = store.state;
    if (!session || row.hasAttribute("aria-busy")) return;
    showText(eps, epsText(session.trainer));
    if (listed !== session.methods.join()) {
      listed = session.methods.join();
      select.replaceChildren(...session.methods.map((name) => make("option", { value: name }, name)));
    }
    select.value = String(session.trainer.method);
  };
  select.addEventListener("change", async () => {
    const worked = await attempt({ busy: row, complain }, () =>
      command({ type: "configure", settings: { method: select.value } }));
    if (!worked) follow();
  });
  store.subscribe(["session"], follow);
  return row;
}
