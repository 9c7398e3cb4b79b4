// Keeps the page connected: one websocket, reopened whenever it is lost or falls silent.

import { decodeMessage } from "./decode_messages.js";
import { encodeCommand, MAX_COMMAND_BYTES } from "./protocol.js";

/** @import * as P from "./protocol.js" */
/** @import { Phase } from "../store.js" */

/** Silence after which a connection counts as stale; the server sends at least every 2 s. */
export const STALE_AFTER_MS = 6000;
const CHECK_EVERY_MS = 1000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 8000;
/** Close code of a session that the server does not know, or that is another browser's. */
const UNKNOWN_SESSION = 4404;
/** Close code where no session could begin. */
const NO_ROOM = 4503;
/** Close code of a session that its owner has removed. */
const REMOVED = 4410;

/** A command that was refused. */
export class CommandError extends Error {
  /** @param {P.Problem} problem */
  constructor(problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** What was asked cannot have, or may not have, reached the server. */
export class OfflineError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.problem = { message, offline: true };
  }
}

/**
 * How long to wait before the next attempt: doubling, with jitter, so that a classroom of pages does
 * not reconnect at the same instant.
 * @param {number} failures  in a row
 * @param {number} random  from 0 to 1
 */
export function backoff(failures, random) {
  const longest = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
  return longest * (0.5 + random / 2);
}

/**
 * @typedef {object} Hooks
 * @property {() => string} url  asked for at every attempt
 * @property {(message: P.Message) => void} onMessage
 * @property {(phase: Phase) => void} onPhase
 * @property {() => Promise<void>} [onUnknownSession]  finds another session; then url() is asked again.
 *   Without it, an unknown session ends the connection for good
 * @property {() => void} [onNoRoom]  the server has no room for a session: the connection has ended
 * @property {(url: string) => WebSocket} [open]
 */

export class Connection {
  /** @param {Hooks} hooks */
  constructor(hooks) {
    this.hooks = hooks;
    this.open = hooks.open ?? ((url) => new WebSocket(url));
    /** @type {WebSocket | null} */
    this.socket = null;
    this.failures = 0;
    this.renewed = false; // whether another session was found since the last message
    this.lastHeard = 0;
    this.nextId = 1;
    /** @type {Map<number, {resolve: (result: any) => void, reject: (error: CommandError | OfflineError) => void}>} */
    this.pending = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.watch = undefined;
  }

  start() {
    this.hooks.onPhase("connecting");
    this.connect();
    this.watch = setInterval(() => this.checkSilence(), CHECK_EVERY_MS);
  }

  stop() {
    clearInterval(this.watch);
    clearTimeout(this.retry);
    this.retry = undefined;
    this.drop();
  }

  /** Reconnects now if the next attempt is only waiting for its time. */
  hurry() {
    if (this.socket === null && this.retry !== undefined) this.connect();
  }

  connect() {
    clearTimeout(this.retry);
    this.retry = undefined;
    const socket = this.open(this.hooks.url());
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.lastHeard = Date.now();
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = (event) => void this.lost(event.code);
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    this.lastHeard = Date.now();
    this.failures = 0;
    this.renewed = false;
    this.hooks.onPhase("open");
    /** @type {P.Message} */
    let message;
    try {
      message = decodeMessage(data);
    } catch (error) {
      console.warn("Unreadable message from the server:", error);
      return;
    }
    if (message.type === "answer") this.settle(message);
    else this.hooks.onMessage(message);
  }

  /** @param {P.AnswerMessage} answer */
  settle(answer) {
    const waiting = this.pending.get(answer.id);
    this.pending.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.result);
    else waiting?.reject(new CommandError(answer.error ?? { message: "The server refused the request." }));
  }

  /**
   * Sends a command; the promise holds the answer's result.
   * @param {P.Command} command
   * @returns {Promise<any>}
   */
  command(command) {
    const id = this.nextId++;
    const text = encodeCommand(id, command);
    if (!this.socket || this.socket.readyState !== 1) {
      return Promise.reject(new OfflineError("Not connected to the server right now."));
    }
    if (new TextEncoder().encode(text).length > MAX_COMMAND_BYTES) {
      return Promise.reject(new CommandError({ message: "This text is too long to send." }));
    }
    this.socket.send(text);
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
  }

  checkSilence() {
    if (this.socket === null || Date.now() - this.lastHeard < STALE_AFTER_MS) return;
    const wasOpen = this.socket.readyState === 1;
    this.drop();
    this.hooks.onPhase(wasOpen ? "stale" : "reconnecting");
    this.later();
  }

  /** Drops the socket without waiting for the other side. */
  drop() {
    if (this.socket) {
      this.socket.onmessage = null;
      this.socket.onclose = null;
      this.socket.close();
      this.socket = null;
    }
    for (const waiting of this.pending.values()) {
      waiting.reject(new OfflineError("The connection was lost before the server answered."));
    }
    this.pending.clear();
  }

  /** @param {number} code */
  async lost(code) {
    const { onUnknownSession } = this.hooks;
    if (code === REMOVED || (code === UNKNOWN_SESSION && !onUnknownSession)) {
      this.stop();
      this.hooks.onPhase("gone");
      return;
    }
    if (code === NO_ROOM) {
      this.stop();
      this.hooks.onNoRoom?.();
      return;
    }
    this.drop();
    this.hooks.onPhase("reconnecting");
    if (code === UNKNOWN_SESSION) {
      try {
        await onUnknownSession?.();
        // The server is back; but one that does not know even the new session is not hammered.
        if (!this.renewed) this.failures = 0;
        this.renewed = true;
      } catch {
        // The next attempt ends with the same code, and this is tried again.
      }
    }
    this.later();
  }

  later() {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), backoff(this.failures, Math.random()));
    this.failures += 1;
  }
}
