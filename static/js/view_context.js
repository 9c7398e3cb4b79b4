// Names what main.js hands to every view, so that views need to know neither socket nor HTTP.

/** @import { Command, Guess, RemovedSession, Role, SessionSummary } from "./server/protocol.js" */
/** @import { Hooks, LiveAnswer } from "./server/inquiries.js" */
/** @import { Store } from "./store.js" */

/**
 * What the server puts into the page; a spectator's has no path but the stream's.
 * @typedef {object} Bootstrap
 * @property {string} session  "new" where it begins when the page connects
 * @property {Role} role
 * @property {string} stream  paths
 * @property {string} [snapshot]
 * @property {string} [predict]
 * @property {string} [sessions]
 * @property {string[]} [addresses]  origins at which other computers reach the server
 * @property {string} default_spec
 * @property {{name: string, title: string, text: string, about: string}[]} presets
 * @property {{spec_characters: number, image_bytes: number, snapshot_bytes: number}} limits
 * @property {string} version
 */

/**
 * The browser's sessions, those that were removed of late, how many there can be, how long one that
 * nobody looks at is kept, and what all may take on disk; null where they are not kept there.
 * @typedef {{sessions: SessionSummary[], removed: RemovedSession[], most: number, keep_seconds: number, disk_bytes: number | null}} SessionList
 */

/**
 * @typedef {object} Api
 * @property {(format?: "convnetjs") => Promise<string>} readSnapshot
 * @property {(json: string | Blob) => Promise<void>} writeSnapshot
 * @property {(picture: Blob) => Promise<{image: Uint8Array, top: Guess[]}>} predict
 * @property {() => Promise<SessionList>} listSessions
 * @property {() => Promise<string>} createSession  returns its id
 * @property {(session: string) => Promise<void>} removeSession
 * @property {(session: string) => Promise<void>} restoreSession  one that was removed
 */

/**
 * @typedef {object} Context
 * @property {Store} store
 * @property {(command: Command) => Promise<any>} command
 * @property {(hooks: Omit<Hooks, "store" | "command">) => LiveAnswer} liveAnswer  asks of the network as it learns
 * @property {Api} api
 * @property {Bootstrap} bootstrap
 * @property {string} nonce  for styles that libraries put into the page
 */

export {};
