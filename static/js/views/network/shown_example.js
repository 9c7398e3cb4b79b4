// Says which example the cards show and how the network does on it; lets owners pin one, so that the
// same image is seen while the network learns.

import { attempt, complainIn } from "../../parts/attempt.js";
import { byId, make, setText } from "../../parts/dom.js";
import { makeBars } from "../../parts/probability_bars.js";
import { exampleIn, exampleText, fragmentOf, imageCount, sameExample } from "../../words/example_text.js";
import { loss } from "../../words/numbers.js";

/** @import { Source } from "../../server/protocol.js" */
/** @import { Layers } from "../../store.js" */
/** @import { Shown } from "../../words/example_text.js" */
/** @import { Context } from "../../view_context.js" */

/** With more classes than this only the likeliest have bars. */
const MOST_BARS = 10;

/** @param {Context} context */
export function showShownExample(context) {
  const { store, bootstrap, liveAnswer } = context;
  const place = byId("shown_example", HTMLElement);
  const text = byId("shown_example_text", HTMLElement);
  const result = byId("shown_example_loss", HTMLElement);
  const bars = byId("shown_example_bars", HTMLElement);

  const live = liveAnswer({
    element: place,
    question: () => (store.state.layers?.pinned ? { about: "example" } : null),
    show: ({ label, loss: found, probabilities }) => {
      setText(result, label === null ? "" : `loss ${loss(found)}`);
      bars.replaceChildren(...makeBars(barsOf(probabilities), store.state.session?.dataset.classes ?? [], label));
    },
    fail: () => bars.replaceChildren(),
  });
  /** @type {Layers | null} */
  let before = null;
  store.subscribe(["layers", "session"], ({ layers, session }) => {
    place.hidden = !layers?.pinned || !session;
    if (!layers || !session) return;
    if (before && !sameExample(before, layers)) live.again();
    before = layers;
    setText(text, `Pinned: ${exampleText(layers, session.dataset)}`);
  });
  if (bootstrap.role === "owner") letPin(context);
}

/** Bars that stay in their order where there is room for all. @param {number[]} probabilities */
function barsOf(probabilities) {
  const all = probabilities.map((probability, i) => ({ class: i, probability }));
  return all.length <= MOST_BARS ? all : all.sort((a, b) => b.probability - a.probability).slice(0, MOST_BARS);
}

/** The owner's buttons, and the address. @param {Context} context */
function letPin({ store, command, examples, testBrowser }) {
  const place = byId("shown_example", HTMLElement);
  const complain = complainIn(byId("example_problem", HTMLElement));
  const pin = byId("example_pin", HTMLButtonElement);
  const previous = byId("example_previous", HTMLButtonElement);
  const next = byId("example_next", HTMLButtonElement);

  /** @param {Source} source @param {number} [index] */
  const show = (source, index) => attempt({ busy: place, complain }, () => command({ type: "show_example", source, index }));
  /** @param {1 | -1} step */
  const go = (step) => {
    const { layers, session } = store.state;
    if (!layers || !session || layers.index === null) return;
    const most = imageCount(layers.source, session.dataset);
    void show(layers.source, (layers.index + step + most) % most);
  };
  examples.onPin(show);
  const found = make("button", { type: "button", class: "quiet", id: "browser_pin", title: "the layers' cards show this image while the network learns" }, "pin to the cards");
  byId("browser_actions", HTMLElement).append(found);
  found.addEventListener("click", () => {
    if (testBrowser.shown !== null) void show("test", testBrowser.shown);
  });
  pin.addEventListener("click", () => {
    const { layers } = store.state;
    if (layers && layers.index !== null) void show(layers.source, layers.index);
  });
  previous.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  byId("example_unpin", HTMLButtonElement).addEventListener("click", () => show("training"));
  store.subscribe(["layers"], ({ layers }) => {
    pin.hidden = !layers || layers.pinned;
    pin.disabled = layers?.index === null;
    previous.hidden = next.hidden = layers?.index === null;
  });
  followAddress(store, show);
}

/**
 * An example that the address names is pinned, and one that is pinned stands in the address.
 * @param {Context["store"]} store
 * @param {(source: Source, index?: number) => Promise<boolean>} show
 */
function followAddress(store, show) {
  let begun = false;
  /** Of this page; another, such as that of the link to the page's main part, stays. @param {string} fragment */
  const write = (fragment) => {
    if (location.hash === fragment || (!fragment && !exampleIn(location.hash))) return;
    history.replaceState(history.state, "", location.pathname + location.search + fragment);
  };
  const pinNamed = async () => {
    const named = exampleIn(location.hash);
    if (named && !(await show(named.source, named.index))) write("");
  };
  addEventListener("hashchange", () => void pinNamed());
  store.subscribe(["session", "connection"], async ({ session, connection }) => {
    if (begun || !session || connection !== "open") return;
    begun = true;
    await pinNamed();
    // Whoever pins another one, on whichever page: it stands in the address from then on.
    /** @type {Shown} */
    let before = { source: "training", index: null, pinned: false };
    store.subscribe(["layers"], ({ layers }) => {
      if (!layers) return;
      if (!sameExample(before, layers)) write(fragmentOf(layers));
      before = layers;
    });
  });
}
