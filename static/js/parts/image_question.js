// The fields that say which test images are wanted, by what was made of them, and in which order.

import { make } from "./dom.js";

/** @import { ImageQuestion } from "../view_context.js" */

const ANY = "";

export class ImageQuestionForm {
  /**
   * @param {HTMLFieldSetElement} fields
   * @param {HTMLButtonElement} reset  asks for all images
   * @param {() => void} changed  to something that makes sense
   */
  constructor(fields, reset, changed) {
    this.fields = fields;
    this.names = "";
    /** @type {number[] | null} */
    this.indices = null;
    fields.addEventListener("change", () => this.makesSense() && changed());
    reset.addEventListener("click", () => {
      this.write({});
      changed();
    });
  }

  /** Names the classes that can be chosen. @param {string[]} classes */
  offer(classes) {
    if (classes.join("\n") === this.names) return;
    this.names = classes.join("\n");
    for (const name of ["truth", "guess"]) {
      const options = classes.map((each, i) => make("option", { value: i }, each));
      this.field(name).replaceChildren(make("option", { value: ANY }, "any"), ...options);
    }
  }

  /** Whether it does; else the browser says at the field what is wrong. */
  makesSense() {
    const { from = 0, to = 1 } = this.read();
    this.field("to").setCustomValidity(to < from ? "No less than where it begins." : "");
    return ["from", "to"].every((name) => this.field(name).reportValidity());
  }

  /** @returns {ImageQuestion} */
  read() {
    /** @param {string} name */
    const choice = (name) => (this.field(name).value === ANY ? null : Number(this.field(name).value));
    const right = this.field("right").value;
    return {
      truth: choice("truth"), guess: choice("guess"), right: right === ANY ? null : right === "true",
      from: Number(this.field("from").value) / 100, to: Number(this.field("to").value || 100) / 100,
      sort: /** @type {ImageQuestion["sort"]} */ (this.field("sort").value), indices: this.indices,
    };
  }

  /** What a question leaves open does not matter to it. @param {ImageQuestion} question */
  write({ truth = null, guess = null, right = null, from = 0, to = 1, sort = "index", indices = null }) {
    const values = { truth: truth ?? ANY, guess: guess ?? ANY, right: right ?? ANY, from: from * 100, to: to * 100, sort };
    for (const [name, value] of Object.entries(values)) this.field(name).value = String(value);
    this.indices = indices;
    this.makesSense();
  }

  /** @param {string} name */
  field(name) {
    const found = this.fields.elements.namedItem(name);
    if (found instanceof HTMLSelectElement || found instanceof HTMLInputElement) return found;
    throw new Error(`there is no field ${name}`);
  }
}

/** As the server is asked. @param {ImageQuestion} question @returns {URLSearchParams} */
export function asQuery({ truth, guess, right, from, to, sort, indices }) {
  const named = { truth, guess, right, probability_from: from || null, probability_to: to === 1 ? null : to, sort, images: indices?.join(",") };
  const given = Object.entries(named).filter(([, value]) => value !== null && value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}
