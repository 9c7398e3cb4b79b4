// Says what a restart, a change or a file replaced, and brings it back with one press.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, make, setText } from "../../parts/dom.js";
import { count } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */
/** @import { RunBefore } from "../../server/protocol.js" */

/** How long it is said beyond the controls, where it stays. */
const SAID_FOR_MS = 60_000;

/** @param {RunBefore} previous */
const wording = ({ title, examples }) => `Left “${title}” at ${count(examples)} examples.`;

/** @param {Context} context */
export function showRunBefore(context) {
  const { store } = context;
  const kept = new Offer(context, byId("run_before", HTMLElement));
  /** Where it is said besides, for a while: near the button that was pressed, and in sight of everybody. */
  const near = { change: byId("left_by_change", HTMLElement), file: byId("left_by_file", HTMLElement) };
  const notice = make("div", { class: "notice", "data-level": "info", role: "status", hidden: true });
  byId("notices", HTMLElement).append(notice);
  const said = {
    change: new Offer(context, near.change),
    file: new Offer(context, near.file),
    notice: new Offer(context, notice),
  };
  const hush = () => {
    for (const offer of Object.values(said)) offer.hide();
  };
  const dismiss = make("button", { type: "button", class: "quiet" }, "dismiss");
  dismiss.addEventListener("click", hush);
  notice.append(dismiss);

  let session = "";
  let run = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  store.subscribe(["session"], ({ session: now }) => {
    if (now === null) return;
    const { previous } = now;
    const replaced = now.session === session && now.run_id > run;
    [session, run] = [now.session, now.run_id];
    if (previous === undefined) kept.hide();
    else kept.show(previous);
    if (previous === undefined || replaced) hush();
    if (previous === undefined) return;
    if (replaced) {
      said.notice.show(previous);
      if (previous.how === "change" || previous.how === "file") said[previous.how].show(previous);
      clearTimeout(timer);
      timer = setTimeout(hush, SAID_FOR_MS);
    }
    // How far it got is known exactly only once its last checkpoint is there.
    for (const offer of Object.values(said)) offer.update(previous);
  });
}

/** A sentence and a button inside an element of the page. */
class Offer {
  /** @param {Context} context @param {HTMLElement} place */
  constructor({ command }, place) {
    this.place = place;
    this.text = make("span");
    const button = make("button", { type: "button" }, "go back to it");
    const problem = make("span", { class: "problem", role: "alert", hidden: true });
    this.complain = complainIn(problem);
    button.addEventListener("click", () => attempt({ busy: button, complain: this.complain }, () => command({ type: "return_to_run_before" })));
    place.append(make("p", {}, this.text, " ", button, " ", problem));
  }

  /** @param {RunBefore} previous */
  show(previous) {
    this.place.hidden = false;
    this.update(previous);
  }

  /** @param {RunBefore} previous */
  update(previous) {
    setText(this.text, wording(previous));
  }

  hide() {
    this.place.hidden = true;
    this.complain(null);
  }
}
