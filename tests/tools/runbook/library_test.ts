import assert from "node:assert/strict";
import { ToolError, type ToolErrorKind } from "../../../tools/error.ts";
import { openRunbookLibrary } from "../../../tools/runbook/library.ts";

const STEP = "## Step\n\nText\n";

/** A folder `library` beside other things, as `files` say; a value that begins with "-> " is a link to its rest. */
async function makeFolder(files: Readonly<Record<string, string>>): Promise<{ path: string } & AsyncDisposable> {
  const root = await Deno.makeTempDir({ prefix: "runbooks-" });
  await Deno.mkdir(`${root}/library`);
  for (const [path, content] of Object.entries(files)) {
    const parent = `${root}/${path}`.replace(/\/[^/]*$/, "");
    await Deno.mkdir(parent, { recursive: true });
    if (content.startsWith("-> ")) await Deno.symlink(content.slice(3), `${root}/${path}`);
    else await Deno.writeTextFile(`${root}/${path}`, content);
  }
  return { path: `${root}/library`, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
}

function fails(kind: ToolErrorKind, words: RegExp, hint: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof ToolError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, words);
    assert.match(error.hint ?? "", hint);
    return true;
  };
}

Deno.test("a runbook is read by its file's name, and an edit counts at once", async () => {
  await using folder = await makeFolder({ "library/disk-full.md": `# Before\n\n${STEP}` });
  const library = openRunbookLibrary(folder.path);
  assert.equal((await library.read("disk-full")).title, "Before");
  await Deno.writeTextFile(`${folder.path}/disk-full.md`, `# After\n\n${STEP}`);
  assert.equal((await library.read("disk-full")).title, "After");
});

Deno.test("what could lead out of the folder is no id", async (t) => {
  await using folder = await makeFolder({ "library/a.md": STEP, "secret.md": STEP, "library/sub/b.md": STEP });
  const library = openRunbookLibrary(folder.path);
  const table: Readonly<Record<string, string>> = {
    "the classic": "../../etc/passwd",
    "a file that exists beside the folder": "../secret",
    "an absolute path": "/etc/passwd",
    "an absolute path into the folder": `${folder.path}/a`,
    "a folder below": "sub/b",
    "encoded": "..%2f..%2fetc%2fpasswd",
    "twice encoded": "%252e%252e%252fsecret",
    "backslashes": "..\\..\\secret",
    "overlong UTF-8, decoded": "..\u2215secret",
    "dots alone": "..",
    "a dot": ".",
    "with its suffix": "a.md",
    "a NUL at the end": "a\0",
    "a NUL before a suffix": "a\0.png",
    "a line end at the end": "a\n",
    "upper case": "A",
    "an alert's name": "KubePodCrashLooping",
    "a leading dash": "-a",
    "empty": "",
    "a space": "a b",
    "a letter beyond ASCII": "å",
    "a lone surrogate": "\ud800",
    "65 characters": "a".repeat(65),
    "a very long one": "../".repeat(100_000),
  };
  for (const [what, id] of Object.entries(table)) {
    await t.step(what, async () => {
      const expected = fails(
        "invalid_params",
        /^Invalid runbook_id ".*": expected 1 to 64 lower-case/s,
        /paths are not/,
      );
      await assert.rejects(library.read(id), (error) => expected(error) && String(error).length < 700);
    });
  }
});

Deno.test("an id that holds a secret is shown without it, though it is cut", async () => {
  await using folder = await makeFolder({});
  const id = `{"data":{"user":"bWFkZSB1cA=="},"more":"${"x".repeat(80)}","kind":"Secret"}`;
  await assert.rejects(openRunbookLibrary(folder.path).read(id), (error) => !String(error).includes("bWFkZSB1cA=="));
});

Deno.test("an id of 64 characters is one", async () => {
  const id = "a1-".repeat(21) + "z";
  await using folder = await makeFolder({ [`library/${id}.md`]: STEP });
  assert.equal((await openRunbookLibrary(folder.path).read(id)).id, id);
});

Deno.test("a link is followed within the folder and not out of it", async (t) => {
  await using folder = await makeFolder({
    "secret.md": `# Secret\n\n${STEP}`,
    "library-of-others/other.md": STEP,
    // As Kubernetes mounts a ConfigMap.
    "library/..2026_11_22/mounted.md": `# Mounted\n\n${STEP}`,
    "library/..data": "-> ..2026_11_22",
    "library/mounted.md": "-> ..data/mounted.md",
    "library/out.md": "-> ../secret.md",
    "library/absolute.md": "-> /etc/passwd",
    "library/neighbour.md": "-> ../library-of-others/other.md",
    "library/dangling.md": "-> nowhere.md",
    "library/circle.md": "-> circle.md",
  });
  const library = openRunbookLibrary(folder.path);
  await t.step("within", async () => assert.equal((await library.read("mounted")).title, "Mounted"));
  for (const id of ["out", "absolute", "neighbour"]) {
    await t.step(
      id,
      () =>
        assert.rejects(library.read(id), fails("tool_failed", /: it is a link to a place outside/, /correct .*\.md/)),
    );
  }
  await t.step("dangling", () => assert.rejects(library.read("dangling"), fails("not_found", /"dangling"/, /./)));
  await t.step(
    "circle",
    () => assert.rejects(library.read("circle"), fails("tool_failed", /"circle": it cannot be opened$/, /circle\.md/)),
  );
  await t.step("the folder itself may be a link", async () => {
    await Deno.symlink(folder.path, `${folder.path}/../linked`);
    assert.equal((await openRunbookLibrary(`${folder.path}/../linked`).read("mounted")).title, "Mounted");
  });
});

Deno.test("runbooks of the folders below are read by their names, three folders down", async (t) => {
  await using folder = await makeFolder({
    "elsewhere/KubeOutside.md": STEP,
    "library/README.md": STEP,
    "library/.git/hooks.md": STEP,
    "library/top.md": STEP,
    "library/content/runbooks/_index.md": STEP,
    "library/content/runbooks/kubernetes/KubePodCrashLooping.md": `# KubePodCrashLooping\n\n${STEP}`,
    "library/content/runbooks/etcd/etcdNoLeader.md": STEP,
    "library/content/runbooks/etcd/broken.md": "no step",
    "library/content/runbooks/kubernetes/deeper/etcdTooDeep.md": STEP,
    "library/content/runbooks/node/KubeTwice.md": STEP,
    "library/content/runbooks/kubernetes/kubetwice.md": STEP,
    // As Kubernetes mounts a ConfigMap whose items have folders.
    "library/..2026_11_22/mounted/etcdMembersDown.md": STEP,
    "library/..data": "-> ..2026_11_22",
    "library/mounted": "-> ..data/mounted",
    "library/circle": "-> ../library",
    "library/again": "-> content/runbooks/etcd",
    "library/outside": "-> ../elsewhere",
    "library/content/dangling": "-> nowhere",
  });
  const library = openRunbookLibrary(folder.path);
  await t.step("which are these", async () => {
    const ids = ["broken", "etcdmembersdown", "etcdnoleader", "kubepodcrashlooping", "kubetwice", "top"];
    assert.deepEqual(await library.ids(), ids);
    assert.deepEqual((await library.open()).ids, ids);
  });
  await t.step("with the alert of a page's heading", async () => {
    assert.deepEqual((await library.read("kubepodcrashlooping")).alerts, ["KubePodCrashLooping"]);
    assert.equal(await library.readMarkdown("etcdmembersdown"), STEP);
  });
  for (
    const [id, kind, words, hint] of [
      [
        "kubetwice",
        "tool_failed",
        /several files have this id: .*runbooks\/(node\/KubeTwice|kubernetes\/kubetwice)\.md, .*\.md$/,
        /rename or remove/,
      ],
      ["broken", "tool_failed", /"broken": It has no steps/, /correct (again|content\/runbooks\/etcd)\/broken\.md/],
      ["kubeoutside", "not_found", /Cannot find/, /./],
      ["etcdtoodeep", "not_found", /Cannot find/, /./],
      ["hooks", "not_found", /Cannot find/, /./],
    ] as const
  ) {
    await t.step(`${id} fails`, () => assert.rejects(library.read(id), fails(kind, words, hint)));
  }
});

Deno.test("a file that cannot be used is reported and does not harm the others", async (t) => {
  await using folder = await makeFolder({
    "library/good.md": STEP,
    "library/broken.md": `---\nseverity: banana\n---\n${STEP}`,
    "library/large.md": STEP.padEnd(262_145, "x"),
    "library/full.md": STEP.padEnd(262_144, "x"),
    "library/folder.md/x": "",
  });
  await Deno.writeFile(`${folder.path}/binary.md`, new Uint8Array([0x23, 0xff, 0xfe]));
  await new Deno.Command("mkfifo", { args: [`${folder.path}/pipe.md`] }).output();
  const library = openRunbookLibrary(folder.path);
  const table: Readonly<Record<string, RegExp>> = {
    broken: /^Cannot read runbook "broken": The front matter is wrong in severity: /,
    large: /^Cannot read runbook "large": it has 262145 bytes, more than the 262144 that are read$/,
    folder: /^Cannot read runbook "folder": it is not a file$/,
    pipe: /^Cannot read runbook "pipe": it is not a file$/,
    binary: /^Cannot read runbook "binary": it is not UTF-8 text$/,
  };
  for (const [id, words] of Object.entries(table)) {
    await t.step(id, async () => {
      await assert.rejects(library.read(id), fails("tool_failed", words, new RegExp(`correct ${id}\\.md; the other`)));
    });
  }
  for (const id of ["good", "full"]) {
    await t.step(id, async () => assert.equal((await library.read(id)).steps.length, 1));
  }
});

Deno.test("an unknown id is answered with the near ones, or with those that there are", async (t) => {
  await using folder = await makeFolder({
    "library/pod-pending.md": STEP,
    "library/pod-crash-looping.md": STEP,
    "library/redis-unavailable.md": STEP,
    "library/README.md": STEP,
    "library/notes.txt": STEP,
    "empty/.keep": "",
  });
  const library = openRunbookLibrary(folder.path);
  const table: readonly (readonly [id: string, hint: RegExp])[] = [
    ["pod-crashlooping", /^Did you mean "pod-crash-looping"\?$/],
    ["pod", /^Did you mean "pod-pending" or "pod-crash-looping"\?$/],
    ["postgres", /^There are: pod-crash-looping, pod-pending, redis-unavailable$/],
    ["readme", /^There are: pod-crash-looping, pod-pending, redis-unavailable$/],
  ];
  for (const [id, hint] of table) {
    await t.step(id, () => assert.rejects(library.read(id), fails("not_found", new RegExp(`runbook "${id}"$`), hint)));
  }
  await t.step("an empty folder", () =>
    assert.rejects(
      openRunbookLibrary(`${folder.path}/../empty`).read("pod"),
      fails("not_found", /runbook "pod"$/, /holds no runbooks/),
    ));
});

Deno.test("of very many files a thousand are looked at", async () => {
  await using folder = await makeFolder({});
  for (let index = 0; index < 1_050; index++) await Deno.writeTextFile(`${folder.path}/runbook-${index}.md`, "");
  const library = openRunbookLibrary(folder.path);
  assert.equal((await library.ids()).length, 1_000);
  await assert.rejects(library.read("zzz"), fails("not_found", /"zzz"/, /^There are: (runbook-\d+, ){20}…$/));
  // One beyond the listing is still found by its name.
  await Deno.writeTextFile(`${folder.path}/one-more.md`, STEP);
  assert.equal((await library.read("one-more")).id, "one-more");
});

Deno.test("a missing folder is answered with the setting that names it", async (t) => {
  await using folder = await makeFolder({ "library/a.md": STEP });
  const table: Readonly<Record<string, readonly [folder: string, words: RegExp]>> = {
    "no such folder": [`${folder.path}/nowhere`, /^Cannot open the runbook folder ".*": there is no such folder$/],
    "a file": [`${folder.path}/a.md`, /^Cannot open the runbook folder ".*": it is not a folder$/],
  };
  for (const [what, [path, words]] of Object.entries(table)) {
    await t.step(
      what,
      () => assert.rejects(openRunbookLibrary(path).read("a"), fails("unavailable", words, /RUNBOOK_DIR/)),
    );
  }
});
