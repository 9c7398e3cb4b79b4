// Shows the network as it learns, a card for each layer; asks only for those on screen.

import { byId } from "../../parts/dom.js";
import { makeSpeaker } from "../../parts/speech.js";
import { LayerCard } from "../../maps/layer_card.js";
import { LargeMap } from "../../maps/large_map.js";
import { MapColors } from "../../maps/map_colors.js";
import { readMaps } from "../../maps/map_reader.js";
import { hasUnit } from "../../maps/receptive_field.js";
import { UnitMarks } from "../../maps/unit_marks.js";
import { exampleText } from "../../words/example_text.js";

/** @import { Unit } from "../../parts/pinned_unit.js" */
/** @import { Context } from "../../view_context.js" */
/** @import { State } from "../../store.js" */

const WATCH_AFTER_MS = 150;
/** Cards within this distance of the screen are drawn too. */
const MARGIN = "160px";

/** @param {Context} context */
export function showLayers({ store, command, pinned }) {
  const place = byId("visnet", HTMLElement);
  /** @type {Map<number, LayerCard>} */
  const cards = new Map();
  const colors = new MapColors();
  const marks = new UnitMarks(cards);
  const layersNow = () => store.state.session?.layers ?? [];
  /** @type {Set<number>} */
  const visible = new Set();
  let signature = "";
  let asked = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const watch = () => {
    const layers = document.hidden ? [] : [...visible].sort((a, b) => a - b);
    const key = `${store.state.run} ${layers.join()}`;
    if (key === asked) return;
    asked = key;
    command({ type: "watch", layers }).catch(() => {
      asked = ""; // asked again on the next connection
    });
  };
  const watchSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(watch, WATCH_AFTER_MS);
  };
  document.addEventListener("visibilitychange", watchSoon);

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const index = Number(/** @type {HTMLElement} */ (target).dataset.index);
      if (isIntersecting) visible.add(index);
      else visible.delete(index);
    }
    draw(store.state);
    watchSoon();
  }, { rootMargin: MARGIN });
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const card = cards.get(Number(target.closest("article")?.dataset.index));
      card?.resize();
    }
  });

  /** @param {State} state */
  const build = ({ session }) => {
    if (!session) return;
    const next = JSON.stringify([session.layers, session.dataset.classes]);
    if (next === signature) return;
    signature = next;
    // What somebody looked at may not be in the new network.
    marks.show("hover", null, session.layers);
    if (pinned.unit && !hasUnit(session.layers, pinned.unit)) pinned.pin(null);
    marks.show("pinned", pinned.unit, session.layers);
    sight.disconnect();
    sizes.disconnect();
    cards.clear();
    visible.clear();
    for (const layer of session.layers) cards.set(layer.index, new LayerCard(layer, session.dataset.classes, colors));
    place.replaceChildren(...[...cards.values()].map((card) => card.element));
    for (const card of cards.values()) {
      card.resize();
      sight.observe(card.element);
      sizes.observe(card.pictures);
    }
  };

  /** @param {State} state */
  const draw = ({ layers, session }) => {
    if (!layers || !session) return;
    for (const index of visible) {
      const maps = layers.fresh.has(index) && layers.maps.get(index);
      if (!maps) continue;
      layers.fresh.delete(index);
      cards.get(index)?.draw(maps, layers.source);
      large.draw(maps);
    }
    marks.refresh();
    const example = exampleText(layers, session.dataset);
    cards.get(0)?.sayExample(example && `example: ${example}`);
    place.dataset.step = String(layers.step);
    place.dataset.source = layers.source;
  };

  store.subscribe(["session", "connection", "layers"], (state) => {
    build(state);
    draw(state);
  });
  store.subscribe(["session", "connection"], ({ connection }) => {
    if (connection !== "open") asked = "";
    else watchSoon();
  });
  const reading = {
    say: makeSpeaker(byId("spoken", HTMLElement)),
    look: (/** @type {Unit | null} */ unit) => marks.show("hover", unit, layersNow()),
    pin: (/** @type {Unit} */ unit) => pinned.pin(unit),
  };
  const large = new LargeMap(byId("map_large", HTMLDialogElement), colors, reading);
  readMaps(place, {
    ...reading, tip: byId("tip", HTMLElement), rowOf: (canvas) => rowOf(cards, canvas), enlarge: (row) => large.open(row),
  });
  pinned.onChange((unit) => marks.show("pinned", unit, layersNow()));
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape") pinned.pin(null);
  });
  chooseColors(colors, () => cards.values());
}

/** The original's gray, or colors by sign. @param {MapColors} colors @param {() => Iterable<LayerCard>} cards */
function chooseColors(colors, cards) {
  const box = byId("mapcolors", HTMLInputElement);
  const legend = byId("map_legend", HTMLElement);
  box.checked = colors.scale === "sign";
  legend.hidden = !box.checked;
  box.addEventListener("change", () => colors.choose(box.checked ? "sign" : "gray"));
  colors.onChange(() => {
    legend.hidden = colors.scale !== "sign";
    for (const card of cards()) card.repaint();
  });
}

/** The row of maps that a canvas shows. @param {Map<number, LayerCard>} cards @param {HTMLCanvasElement} canvas */
function rowOf(cards, canvas) {
  const card = cards.get(Number(canvas.closest("article")?.dataset.index));
  return [...(card?.rows.values() ?? [])].find((row) => row.painter.element === canvas);
}
