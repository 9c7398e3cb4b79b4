// Leaves a brotli and a gzip form beside each file of a folder, for the server to send as they are.
//
// A form that is not smaller than the file is not kept.

import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** How to compress, by the ending that the compressed file gets. */
const FORMS = {
  ".br": (data) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }),
  ".gz": (data) => gzipSync(data, { level: constants.Z_BEST_COMPRESSION }),
};

const [folder] = process.argv.slice(2);
const names = readdirSync(folder).filter((name) => !name.startsWith(".") && !(extname(name) in FORMS));
for (const name of names) {
  const data = readFileSync(join(folder, name));
  for (const [ending, compress] of Object.entries(FORMS)) {
    const target = join(folder, name + ending);
    const compressed = compress(data);
    if (compressed.length < data.length) writeFileSync(target, compressed);
    else rmSync(target, { force: true });
  }
}
