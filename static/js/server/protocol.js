// Says what page and server tell each other: the types of all messages; decode_messages.js reads them.
// The prose is docs/PROTOCOL.md, the other side server/protocol/.

/** @typedef {[number, number, number]} Size  width, height, depth */

/**
 * @typedef {object} LayerInfo
 * @property {number} index
 * @property {string} type
 * @property {Size} in
 * @property {Size} out
 * @property {Record<string, unknown>} options
 * @property {number} parameters
 * @property {number} line
 * @property {boolean} is_loss  whether it ends the network
 */

/** @typedef {"owner" | "spectator"} Role */

/** @typedef {"starting" | "running" | "paused" | "waiting" | "failed" | "stopped"} SessionStatus */

/** Where a loss stopped being finite. @typedef {{examples: number, step: number, learning_rate: number}} Divergence */

/** The run that can be returned to. @typedef {{title: string, examples: number, how: "restart" | "change" | "file" | "return"}} RunBefore */

/**
 * Options of a trainer that were changed while it trained, each from one value to another.
 * @typedef {object} TrainerChange
 * @property {number} examples  trained on by then
 * @property {Record<string, [string | number, string | number]>} changes
 */

/**
 * @typedef {object} SessionMessage
 * @property {"session"} type
 * @property {string} session
 * @property {number} run_id
 * @property {SessionStatus} status
 * @property {string} [reason]
 * @property {number} [place]
 * @property {Role} role
 * @property {string} spec
 * @property {LayerInfo[]} layers
 * @property {number} parameters
 * @property {Record<string, string | number>} trainer
 * @property {string[]} methods
 * @property {string[]} unused_options  of the trainer: those that do nothing with its method
 * @property {{name: string, classes: string[], train: number, validation: number, test: number}} dataset
 * @property {number} seed
 * @property {Divergence[]} divergences  of this run
 * @property {TrainerChange[]} trainer_changes  of this run, oldest first
 * @property {number} added_pictures  how many the owner has added to the training data
 * @property {boolean} recoverable  whether a failed run can go on from its last checkpoint
 * @property {"diverged" | "died" | "unreadable" | "error"} [failure]  with the status failed
 * @property {string} [watch]  path of the page for spectators; only owners are told
 * @property {RunBefore} [previous]  only owners are told
 */

/**
 * @typedef {object} StatsMessage
 * @property {"stats"} type
 * @property {number} run_id
 * @property {number} step
 * @property {number} examples
 * @property {number} epoch
 * @property {number} learning_rate  in force, as the schedule has it
 * @property {number} examples_per_second
 * @property {number | null} forward_ms
 * @property {number | null} backward_ms
 * @property {number | null} loss
 * @property {number | null} decay_loss
 * @property {number | null} train_accuracy
 * @property {number} train_count  of the newest training examples, which that covers
 * @property {number | null} validation_accuracy
 * @property {number} validation_count  of the newest validation images, which that covers
 * @property {number | null} test_accuracy_recent
 * @property {number} test_recent_count
 * @property {{accuracy: number, examples: number, at_examples: number} | null} test
 * @property {number | null} step_seconds  estimated within a step that takes long
 */

/** @typedef {"loss" | "decay_loss" | "train_accuracy" | "validation_accuracy"} CurveName */

/**
 * @typedef {object} PointsMessage
 * @property {"points"} type
 * @property {number} run_id
 * @property {number} first
 * @property {number[]} examples
 * @property {(number | null)[]} loss
 * @property {(number | null)[]} decay_loss
 * @property {(number | null)[]} train_accuracy
 * @property {(number | null)[]} validation_accuracy
 */

/**
 * Consecutive full tests of a run, as columns of equal length.
 * @typedef {object} TestsMessage
 * @property {"tests"} type
 * @property {number} run_id
 * @property {number} first  index of the first
 * @property {number[]} examples  trained on by then
 * @property {number[]} accuracy
 * @property {number[]} images  how many were tested
 * @property {number[][]} confusion  counts of images row by row: a row for each class, a column for each guess
 */

/**
 * Gray levels of a volume or a filter bank, and the numbers that 0 and 255 stand for.
 * @typedef {object} PixelMap
 * @property {number[]} shape  [depth, sy, sx], or [filters, depth, sy, sx]
 * @property {number} min
 * @property {number} max
 * @property {Uint8Array} pixels  C order
 * @property {number[]} [whole]  shape of all there is, where that is too much to be sent
 * @property {number[]} [ranges]  of weights, what 0 and 255 stand for in each filter: pair after pair
 */

/** @typedef {"activations" | "gradients" | "weights" | "weight_gradients"} MapName */

/** @typedef {{index: number} & Partial<Record<MapName, PixelMap>>} LayerMaps */

/** Where an example is from. @typedef {"training" | "validation" | "test" | "image"} Source */

/**
 * @typedef {object} LayersMessage
 * @property {"layers"} type
 * @property {number} run_id
 * @property {number} step
 * @property {Source} source
 * @property {number | null} index  the example's, among the images of the source
 * @property {boolean} pinned  whether the same example is shown until another is chosen
 * @property {number | null} label
 * @property {LayerMaps[]} layers
 */

/** @typedef {{class: number, probability: number}} Guess */

/** @typedef {{index: number, label: number, top: Guess[], pixels: Uint8Array}} PredictionItem */

/**
 * @typedef {object} PredictionsMessage
 * @property {"predictions"} type
 * @property {number} run_id
 * @property {number} round
 * @property {number} width
 * @property {number} height
 * @property {PredictionItem[]} items
 */

/**
 * @typedef {object} DatasetMessage
 * @property {"dataset"} type
 * @property {"builtin" | "downloading" | "ready" | "failed"} state
 * @property {string} name
 * @property {number} [received]
 * @property {number} [total]
 * @property {string} [message]
 */

/** How many watch without being able to change anything. @typedef {{type: "spectators", count: number}} SpectatorsMessage */
/** Added pictures, as columns. @typedef {{type: "added", run_id: number, ids: string[], labels: number[], guesses: number[]}} AddedMessage */

/** @typedef {{type: "notice", level: "info" | "warning" | "error", message: string}} NoticeMessage */

/** @typedef {{message: string, line?: number, column?: number, field?: string}} Problem */

/** @typedef {{type: "answer", id: number, ok: boolean, result?: Record<string, any>, error?: Problem}} AnswerMessage */

/** @typedef {{type: "heartbeat"}} HeartbeatMessage */

/**
 * How far the run is on disk.
 * @typedef {object} SavedMessage
 * @property {"saved"} type
 * @property {number} run_id
 * @property {number | null} examples
 * @property {string} [trouble]  why nothing newer can be saved
 * @property {string} [warning]  that there is little room left
 */

/**
 * @typedef {SessionMessage | StatsMessage | PointsMessage | TestsMessage | LayersMessage | PredictionsMessage
 *   | AddedMessage | DatasetMessage | SavedMessage | SpectatorsMessage | NoticeMessage | AnswerMessage | HeartbeatMessage} Message
 */

/**
 * @typedef {{type: "pause" | "resume" | "step" | "restart" | "recover" | "return_to_run_before" | "show_training"}
 *   | {type: "show_example", source: Source, index?: number}
 *   | {type: "change_network", spec: string, keep?: boolean}
 *   | {type: "check_spec", spec: string}
 *   | {type: "configure", settings: Record<string, unknown>}
 *   | {type: "watch", layers: number[]}
 *   | {type: "points", run_id: number, after: number, tests_after?: number}
 *   | {type: "inspect", inquiry: Record<string, unknown>}} Command
 */

/**
 * One of the browser's own sessions, as `GET /api/sessions` lists them.
 * @typedef {object} SessionSummary
 * @property {string} session
 * @property {string} title  the network in a line
 * @property {SessionStatus} status
 * @property {number} examples  as of the newest graph point
 * @property {number} seen  when somebody last began or ended looking, in seconds since 1970
 * @property {number} viewers  how many look now
 * @property {number} bytes  what it takes on disk
 */

/**
 * One that was removed, and can be restored for so many seconds more.
 * @typedef {{session: string, title: string, examples: number, seconds: number}} RemovedSession
 */

/** What the server's parser says of a good spec. @typedef {{layers: LayerInfo[], parameters: number, trainer: Record<string, string | number>}} SpecSummary */

/** The largest command that the server takes, in bytes. */
export const MAX_COMMAND_BYTES = 64 * 1024;

/**
 * @param {number} id
 * @param {Command} command
 * @returns {string}
 */
export function encodeCommand(id, command) {
  return JSON.stringify({ id, ...command });
}
