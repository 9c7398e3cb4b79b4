// Checks which addresses a link is given with.

import assert from "node:assert/strict";
import { test } from "node:test";
import { originsToShare } from "../../../static/js/views/session/share.js";

const LAN = "http://192.168.1.5:8000";

test("a page opened on this computer shares an address that others reach", () => {
  const here = { hostname: "127.0.0.1", origin: "http://127.0.0.1:8000" };
  assert.deepEqual(originsToShare(here, [LAN, "http://10.0.0.2:8000"]), [LAN, "http://10.0.0.2:8000"]);
  assert.deepEqual(originsToShare(here, []), [here.origin]);
});

test("a page opened at an address that others reach shares that first", () => {
  const here = { hostname: "10.0.0.2", origin: "http://10.0.0.2:8000" };
  assert.deepEqual(originsToShare(here, [LAN, here.origin]), [here.origin, LAN]);
});
