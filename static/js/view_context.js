// Names what main.js hands to every view, so that views need to know neither socket nor HTTP.

/** @import { Command, Guess, RemovedSession, Role, SessionSummary } from "./server/protocol.js" */
/** @import { ExamplePins } from "./parts/example_pins.js" */
/** @import { PinnedUnit } from "./parts/pinned_unit.js" */
/** @import { Hooks, LiveAnswer } from "./server/inquiries.js" */
/** @import { Store } from "./store.js" */

/**
 * What the server puts into the page; a spectator's has only the first two paths.
 * @typedef {object} Bootstrap
 * @property {string} session  "new" where it begins when the page connects
 * @property {Role} role
 * @property {string} stream  paths
 * @property {string} test_images
 * @property {string} [snapshot]
 * @property {string} [predict]
 * @property {string} [pictures]
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

/** @typedef {{id: string, label: number, image: Uint8Array}} AddedPicture */

/**
 * Which test images are wanted: all that every condition holds for that is not null or left out.
 * @typedef {object} ImageQuestion
 * @property {number | null} [truth]  the class that they are, by its place among the classes
 * @property {number | null} [guess]  the class that they are taken for
 * @property {boolean | null} [right]  whether they are recognized
 * @property {number} [from]  bounds of the guess's probability, from 0 to 1
 * @property {number} [to]
 * @property {"index" | "confidence" | "doubt"} [sort]  by the place in the test set, or how sure the network is
 * @property {number[] | null} [indices]  none but these
 */

/** @typedef {{index: number, truth: number, guess: number, probability: number}} FoundImage */

/**
 * What the newest full test took the wanted images for.
 * @typedef {object} FoundImages
 * @property {number} run_id
 * @property {number} examples  trained on by then
 * @property {string} data  digest of the data set, by which the pictures can be fetched
 * @property {number} tested
 * @property {number} found
 * @property {FoundImage[]} images
 */

/** @typedef {{run_id: number, examples: number, data: string, index: number, truth: number, top: Guess[]}} RankedImage */

/**
 * The view of all test images.
 * @typedef {object} TestBrowser
 * @property {(question: ImageQuestion) => Promise<void>} open  shows these; Escape leads back to what has the focus now
 * @property {number | null} shown  index of the image that is shown large, beside which #browser_actions has room for buttons
 */

/**
 * @typedef {object} Api
 * @property {(format?: "convnetjs") => Promise<string>} readSnapshot
 * @property {(json: string | Blob) => Promise<void>} writeSnapshot
 * @property {(picture: Blob) => Promise<{image: Uint8Array, probabilities: number[]}>} predict  of all classes
 * @property {() => Promise<AddedPicture[]>} listPictures  those added to the training data
 * @property {(image: Uint8Array, label: number) => Promise<void>} addPicture  as `predict` gave it
 * @property {(id: string) => Promise<void>} removePicture
 * @property {() => Promise<SessionList>} listSessions
 * @property {() => Promise<string>} createSession  returns its id
 * @property {(session: string) => Promise<void>} removeSession
 * @property {(session: string) => Promise<void>} restoreSession  one that was removed
 * @property {(question: URLSearchParams) => Promise<FoundImages>} testImages
 * @property {(index: number) => Promise<RankedImage>} testImage
 * @property {(data: string, indices: number[]) => Promise<Blob>} testPictures  a sheet of at most 100
 */

/**
 * @typedef {object} Context
 * @property {Store} store
 * @property {(command: Command) => Promise<any>} command
 * @property {(hooks: Omit<Hooks, "store" | "command">) => LiveAnswer} liveAnswer  asks of the network as it learns
 * @property {PinnedUnit} pinned
 * @property {ExamplePins} examples
 * @property {Api} api
 * @property {Bootstrap} bootstrap
 * @property {TestBrowser} testBrowser
 * @property {string} nonce  for styles that libraries put into the page
 */

export {};
