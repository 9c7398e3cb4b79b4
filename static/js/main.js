// Wires the page together: state, connection and views meet here and nowhere else.

import { HttpApi } from "./server/http_api.js";
import { connectionIsBack } from "./parts/attempt.js";
import { byId } from "./parts/dom.js";
import { Connection } from "./server/connection.js";
import { LiveAnswer } from "./server/inquiries.js";
import { ExamplePins } from "./parts/example_pins.js";
import { PinnedUnit } from "./parts/pinned_unit.js";
import { Store } from "./store.js";
import { showAddedPictures, showAddedSummary } from "./views/predictions/added_pictures.js";
import { showCharts } from "./views/run/charts.js";
import { showConfusion } from "./views/predictions/confusion_matrix.js";
import { showControls } from "./views/run/controls.js";
import { showDataset } from "./views/session/dataset.js";
import { showEditor } from "./views/network/editor.js";
import { showFeatureMap } from "./views/predictions/feature_map.js";
import { showLanguage } from "./views/network/language.js";
import { showLayerNumbers } from "./views/network/layer_numbers.js";
import { showLayers } from "./views/network/layers.js";
import { showLooksFor } from "./views/network/looks_for.js";
import { showNotBegun } from "./views/network/not_begun.js";
import { showOwnImage } from "./views/predictions/own_image.js";
import { showPredictions } from "./views/predictions/example_predictions.js";
import { showPrinting } from "./views/session/printing.js";
import { showRecovery } from "./views/run/recovery.js";
import { showRunBefore } from "./views/run/run_before.js";
import { showRunning } from "./views/network/running_network.js";
import { showSchedule } from "./views/run/schedule.js";
import { showSaved } from "./views/run/saved.js";
import { showSessions } from "./views/session/sessions.js";
import { showShownExample } from "./views/network/shown_example.js";
import { showShare } from "./views/session/share.js";
import { showSnapshots } from "./views/run/snapshots.js";
import { showStats } from "./views/run/stats.js";
import { showStatus } from "./views/session/status.js";
import { showTestBrowser } from "./views/predictions/test_browser.js";
import { showTheme } from "./views/session/theme.js";
import { showUnitPanel } from "./views/network/unit_panel.js";
import { showWhy } from "./views/network/why.js";

/** @import { Bootstrap, Context } from "./view_context.js" */
/** @import { Message } from "./server/protocol.js" */

/** @type {Bootstrap} */
const bootstrap = JSON.parse(byId("bootstrap", HTMLScriptElement).text);
const api = new HttpApi(bootstrap);
const store = new Store((callback) => void requestAnimationFrame(callback));
const owner = bootstrap.role === "owner";
let greeted = false;

const connection = new Connection({
  url: () => api.streamUrl,
  onPhase(phase) {
    if (phase !== "open") greeted = false;
    if (phase === "open" && store.state.connection !== "open") connectionIsBack();
    store.setConnection(phase);
  },
  onMessage: receive,
  onUnknownSession: owner ? beginAnew : undefined,
  onNoRoom: () => location.reload(), // the server's page says why, and until when
});

async function beginAnew() {
  await api.newSession();
  history.replaceState(null, "", "/"); // the address may name the lost session
  store.addNotice("warning", "The server no longer has this session; a new one has begun.");
}

/** @param {Message} message */
function receive(message) {
  if (owner && message.type === "session") api.follow(message.session);
  store.apply(message);
  // Which run's points to ask for is known only from the first session message on.
  const missing = store.takeGap();
  const first = message.type === "session" && !greeted;
  if (first) greeted = true;
  if (first || missing) fetchPoints();
}

/** Asks for the graph's points and full tests after the last ones that are here. */
function fetchPoints() {
  const command = {
    type: /** @type {const} */ ("points"), run_id: store.state.run, after: store.lastPoint, tests_after: store.lastTest,
  };
  connection.command(command).catch((/** @type {unknown} */ error) => {
    // The run has ended, or the connection is lost: a new session message follows both.
    console.info("points:", String(error));
  });
}

/** @type {Context} */
const context = {
  testBrowser: showTestBrowser({ store, api }),
  store,
  command: (command) => connection.command(command),
  liveAnswer: (hooks) => new LiveAnswer({ store, command: context.command, ...hooks }),
  pinned: new PinnedUnit(),
  examples: new ExamplePins(),
  api,
  bootstrap,
  nonce: document.querySelector("meta[name=csp-nonce]")?.getAttribute("content") ?? "",
};

const forOwners = [
  showControls, showRunBefore, showSnapshots, showOwnImage, showAddedPictures, showEditor, showNotBegun, showLanguage, showShare,
  showSessions,
];
const forSpectators = [showRunning, showAddedSummary];
for (const show of [
  showTheme, showPrinting, showStatus, showDataset, showStats, showSchedule, showSaved, ...(owner ? forOwners : forSpectators), showRecovery,
  showCharts, showShownExample, showLayers, showLayerNumbers, showUnitPanel, showWhy, showLooksFor, showPredictions, showConfusion, showFeatureMap,
]) {
  show(context);
}

window.addEventListener("online", () => connection.hurry());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) connection.hurry();
});
window.addEventListener("pagehide", () => connection.stop());
window.addEventListener("pageshow", (event) => {
  if (event.persisted && store.state.connection !== "gone") connection.start();
});
connection.start();
