// Carries what goes over HTTP: snapshots, pictures, and the list of the browser's sessions.

import { bytesFrom } from "./base64.js";
import { OfflineError } from "./connection.js";

/** @import { Api, Bootstrap } from "../view_context.js" */

/** As many as the server lists at once. */
const MOST_IMAGES = 100_000;

/** An HTTP request that the server refused, with its own words. */
export class ApiError extends Error {}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 * @throws {ApiError | OfflineError}
 */
async function request(path, init) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new OfflineError("The server cannot be reached right now.");
  }
  if (!response.ok) throw new ApiError(await reason(response));
  return response;
}

/** @param {Response} response @returns {Promise<string>} */
async function reason(response) {
  try {
    const { error } = await response.json();
    if (typeof error.message === "string") return error.message;
  } catch {
    // Not the server's own format: a proxy's error page, for example.
  }
  return `The server refused the request (${response.status} ${response.statusText}).`;
}

/** Its addresses follow the session, which can change while the page is open. @implements {Api} */
export class HttpApi {
  /** @param {Bootstrap} bootstrap */
  constructor(bootstrap) {
    this.session = bootstrap.session;
    const { stream, test_images, snapshot = "", predict = "", pictures = "", sessions = "" } = bootstrap;
    this.paths = { stream, testImages: test_images, snapshot, predict, pictures };
    this.sessions = sessions;
  }

  /** Address of the websocket. */
  get streamUrl() {
    const url = new URL(this.paths.stream, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url.href;
  }

  /** Creates a session and switches to it. */
  async newSession() {
    this.follow(await this.createSession());
  }

  /**
   * Switches to a session, such as the one that began when the page connected.
   * @param {string} session
   */
  follow(session) {
    /** @param {string} path */
    const moved = (path) => path.replace(this.session, session);
    const { stream, testImages, snapshot, predict, pictures } = this.paths;
    this.paths = {
      stream: moved(stream), testImages: moved(testImages), snapshot: moved(snapshot), predict: moved(predict), pictures: moved(pictures),
    };
    this.session = session;
  }

  /** @returns {Promise<string>} */
  async createSession() {
    const response = await request(this.sessions, { method: "POST" });
    return (await response.json()).session;
  }

  async listSessions() {
    return (await request(this.sessions)).json();
  }

  /** @param {string} session */
  async removeSession(session) {
    await request(`${this.sessions}/${session}`, { method: "DELETE" });
  }

  /** @param {string} session */
  async restoreSession(session) {
    await request(`${this.sessions}/${session}/restore`, { method: "POST" });
  }

  /** @param {"convnetjs"} [format] */
  async readSnapshot(format) {
    return (await request(this.paths.snapshot + (format ? `?format=${format}` : ""))).text();
  }

  /** @param {string | Blob} json */
  async writeSnapshot(json) {
    const headers = { "Content-Type": "application/json" };
    await request(this.paths.snapshot, { method: "PUT", headers, body: json });
  }

  /** @param {URLSearchParams} question */
  async testImages(question) {
    question.set("limit", String(MOST_IMAGES));
    return (await request(`${this.paths.testImages}?${question}`)).json();
  }

  /** @param {number} index */
  async testImage(index) {
    return (await request(`${this.paths.testImages}/${index}`)).json();
  }

  /** @param {string} data @param {number[]} indices */
  async testPictures(data, indices) {
    return (await request(`/api/data/${data}/test-pictures?images=${indices.join(",")}`)).blob();
  }

  /** @param {Blob} picture */
  async predict(picture) {
    const headers = { "Content-Type": picture.type || "application/octet-stream" };
    const response = await request(this.paths.predict, { method: "POST", headers, body: picture });
    const { image, probabilities } = await response.json();
    return { image: bytesFrom(image), probabilities };
  }

  async listPictures() {
    const { pictures } = await (await request(this.paths.pictures)).json();
    return pictures.map((/** @type {{id: string, label: number, image: string}} */ picture) => ({ ...picture, image: bytesFrom(picture.image) }));
  }

  /** @param {Uint8Array} image @param {number} label */
  async addPicture(image, label) {
    const headers = { "Content-Type": "application/octet-stream" };
    await request(`${this.paths.pictures}?label=${label}`, { method: "POST", headers, body: Uint8Array.from(image) });
  }

  /** @param {string} id */
  async removePicture(id) {
    await request(`${this.paths.pictures}/${id}`, { method: "DELETE" });
  }
}
