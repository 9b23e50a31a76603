import assert from "node:assert/strict";
import { overMethods } from "../../server/over_methods.ts";

class Counter {
  #count = 1;

  get count() {
    return this.#count;
  }

  add(by: number) {
    return this.#count += by;
  }

  name() {
    return "its own";
  }
}

Deno.test("methods and getters that need an object's private members still work, beside a member in place of its own", () => {
  const counter = new Counter();
  const over = overMethods(counter, { name: () => "another" });
  assert.equal(over.add(2), 3);
  assert.equal(over.count, 3);
  assert.equal(over.name(), "another");
  assert.equal(counter.name(), "its own");
});

Deno.test("what is spread of it has the members in place of its own", () => {
  assert.deepEqual({ ...overMethods({ a: 1, b: 2 }, { b: 3 }) }, { a: 1, b: 3 });
});
