import assert from "node:assert/strict";
import type { Frames } from "./frames.ts";
import { expectedReply, keyOfReply } from "./oracle.ts";
import type { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

const JSON_TYPE = "application/json";
const TYPES = [
  "text/plain",
  "application/jsonp",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
];
/** No UTF-8: a stray byte, a lone surrogate, a character cut short, a NUL in two bytes. */
const BAD_BYTES = [[0xff], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xc0, 0x80]];

/** Posts frames one by one, and now and then what is no JSON text at all. */
export async function fuzzHttp(
  url: string,
  { frames, random, count, tally }: {
    readonly frames: Frames;
    readonly random: Random;
    readonly count: number;
    readonly tally: Tally;
  },
): Promise<void> {
  const post = async (path: string, type: string, body: BodyInit) => {
    tally.count("HTTP requests");
    const response = await fetch(url + path, { method: "POST", headers: { "content-type": type }, body });
    return { status: response.status, text: await response.text() };
  };
  for (let sent = 0; sent < count; sent++) {
    const text = frames.next().toWellFormed();
    const kind = random.int(20);
    if (kind === 0) {
      const { status, text: answer } = await post("/mcp", random.pick(TYPES), text);
      assert.equal(status, 415, answer);
    } else if (kind === 1) {
      const body = await new Blob([text.slice(0, 5), Uint8Array.from(random.pick(BAD_BYTES)), text.slice(5)]).bytes();
      const { status, text: answer } = await post("/mcp", JSON_TYPE, body);
      assert.equal(status, 400, answer);
    } else if (kind === 2) {
      const { status, text: answer } = await post("/test/ctx", JSON_TYPE, text);
      assert([200, 400, 503].includes(status), `${status} ${answer} to ${text.slice(0, 300)}`);
      JSON.parse(answer);
    } else {
      const { status, text: answer } = await post("/mcp", JSON_TYPE, text);
      checkAnswer(text, status, answer);
    }
  }
}

function checkAnswer(frame: string, status: number, answer: string): void {
  // The mark of the byte order is no part of a body.
  const text = frame.replace(/^\ufeff/, "");
  const words = `${status} ${answer.slice(0, 300)} to ${text.slice(0, 300)}`;
  if (isOfficial(text)) return checkOfficialAnswer(text, status, answer, words);
  const expected = expectedReply(text);
  if (expected === undefined) {
    assert.deepEqual([status, answer], [202, ""], words);
    return;
  }
  assert.equal(keyOfReply(answer), expected, words);
  const { error } = JSON.parse(answer);
  assert.equal(status, error && [-32700, -32600].includes(error.code) ? 400 : 200, words);
}

/** Over HTTP a method of the official protocol is answered in that dialect. */
function isOfficial(text: string): boolean {
  try {
    return /^(?:ping|(?:tools|notifications)\/.+)$/.test(JSON.parse(text)?.method);
  } catch {
    return false;
  }
}

function checkOfficialAnswer(text: string, status: number, answer: string, words: string): void {
  if (status === 202) return assert.equal(answer, "", words);
  assert([200, 400].includes(status), words);
  const reply = JSON.parse(answer);
  assert.equal(reply.jsonrpc, "2.0", words);
  assert.notEqual(Object.hasOwn(reply, "error"), Object.hasOwn(reply, "result"), words);
  // What is no request has no id, or none that could be given back.
  const { id = null } = reply;
  assert(id === null || Object.is(id, JSON.parse(text).id), words);
  assert(status === 400 || id !== null, words);
  assert.notEqual(reply.error?.code, -32603, words);
}
