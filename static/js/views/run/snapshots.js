// Saves the network as a snapshot and loads it back, through the text area or a file.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, setText } from "../../parts/dom.js";
import { download } from "../../parts/download.js";
import { count, megabytes } from "../../words/numbers.js";

/** @import { Context } from "../../view_context.js" */

/** A text area with more than this crawls: larger snapshots go to a file. */
const MOST_CHARACTERS = 8_000_000;

/** @param {Context} context */
export function showSnapshots({ store, api, bootstrap }) {
  const area = byId("dumpjson", HTMLTextAreaElement);
  const input = byId("snapshotfile", HTMLInputElement);
  const status = byId("snapshot_status", HTMLElement);
  const complain = complainIn(byId("snapshot_problem", HTMLElement));

  /**
   * Carries out one action and says how it went.
   * @param {HTMLButtonElement} button
   * @param {() => Promise<string>} action  returns what to say
   */
  const run = async (button, action) => {
    let said = "";
    await attempt({ busy: button, complain }, async () => {
      said = await action();
    });
    setText(status, said);
  };
  /** @param {string | Blob} json @param {number} bytes */
  const load = async (json, bytes) => {
    if (bytes === 0) throw new Error("The text area is empty: paste a snapshot into it first.");
    const { snapshot_bytes: most } = bootstrap.limits;
    if (bytes > most) throw new Error(`This snapshot is ${megabytes(bytes)} MB; the limit is ${megabytes(most)} MB.`);
    await api.writeSnapshot(json);
    return "The network from the snapshot is running.";
  };

  const save = byId("buttonsave", HTMLButtonElement);
  save.addEventListener("click", () => run(save, async () => {
    const json = await api.readSnapshot();
    if (json.length > MOST_CHARACTERS) throw new Error(`The snapshot is ${megabytes(json.length)} MB, too large for the text area: save it to a file.`);
    area.value = json;
    return `${count(json.length)} characters.`;
  }));
  const init = byId("buttonload", HTMLButtonElement);
  init.addEventListener("click", () => run(init, () => load(area.value, area.value.trim().length)));
  const forConvNetJS = byId("forconvnetjs", HTMLInputElement);
  const toFile = byId("buttontofile", HTMLButtonElement);
  toFile.addEventListener("click", () => run(toFile, async () => {
    const json = await api.readSnapshot(forConvNetJS.checked ? "convnetjs" : undefined);
    const name = `network-${store.state.stats?.examples ?? 0}${forConvNetJS.checked ? "-convnetjs" : ""}.json`;
    download(json, "application/json", name);
    return `Saved as ${name}.`;
  }));
  const fromFile = byId("buttonfromfile", HTMLButtonElement);
  fromFile.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) void run(fromFile, () => load(file, file.size));
    input.value = "";
  });
}
