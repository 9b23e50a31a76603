import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import deno from "../deno.json" with { type: "json" };
import { parseTokensFile } from "../server/auth/token/tokens_file.ts";
import { withGenerated } from "../scripts/generated.ts";
import { printSettings } from "../scripts/settings_table.ts";
import { printToolsets } from "../scripts/toolset_tables.ts";
import { HOUSE_CODES } from "../server/house_errors.ts";
import { readSettings } from "../server/settings.ts";
import { VERSION } from "../server/version.ts";
import { TOOLSETS } from "../tools/toolsets.ts";
import { listedTools } from "../tools/listed_tools.ts";
import { describeTool } from "../tools/describe.ts";
import { parsePolicy } from "../tools/policy/parse.ts";
import { findPolicyWarnings } from "../tools/policy/warnings.ts";
import { METADATA_ROWS, ROWS } from "./auth_matrix/routes.ts";
import {
  anchorOf,
  codeBlocks,
  type Document,
  exists,
  fileNames,
  headings,
  links,
  readDocuments,
  tableUnder,
} from "./docs/document.ts";
import { ROOT } from "./services/server.ts";

/** Files of the lab that docs/guide.md maps to this project's. */
const ORIGINALS = [
  "Dockerfile.api",
  "docker-compose.yml",
  "infra/",
  "requirements.txt",
  "scripts/cleanup.sh",
  "setup.md",
  "src/",
  "tests/test_client.py",
  "tests/test_integration.py",
  "tests/test_jsonrpc.py",
  "tests/test_tools.py",
];

/** Files of the clients that the README tells how to configure. */
const CLIENT_FILES = [".cursor/mcp.json", ".vscode/mcp.json", "claude_desktop_config.json"];

const documents = await readDocuments();

function documentAt(path: string): Document {
  const document = documents.find((candidate) => candidate.path === path);
  assert(document, `${path} exists`);
  return document;
}

Deno.test("README names every setting, with its default", () => {
  const asked = new Set<string>();
  // The settings are whatever is asked of the environment.
  const asking = new Proxy<Record<string, string>>({}, {
    get(_, name) {
      asked.add(String(name));
      return undefined;
    },
  });
  const defaults: Readonly<Record<string, unknown>> = readSettings(asking, () => "");
  const isSecretFile = (name: string) => name.endsWith("_FILE") && asked.has(name.slice(0, -"_FILE".length));
  const expected = [...asked].filter((name) => !isSecretFile(name)).map((name) => [name, printDefault(defaults[name])]);
  const rows = tableUnder(documentAt("README.md"), "Settings").map((
    [name, preset],
  ) => [unquote(name), unquote(preset)]);
  assert.deepEqual(rows, expected);
  for (const name of [...asked].filter(isSecretFile)) {
    assert(documentAt("README.md").text.includes(`\`${name}\``), `README names ${name}`);
  }
});

Deno.test("docs/operate.md has every setting as the code reads it: deno task docs:settings", () => {
  const { text } = documentAt("docs/operate.md");
  assert.equal(withGenerated(text, "settings", printSettings()), text);
});

Deno.test("README has every tool of every toolset as the catalogue has it: deno task docs:toolsets", async () => {
  const { text } = documentAt("README.md");
  assert.equal(withGenerated(text, "toolsets", await printToolsets()), text);
  for (const name of Object.keys(TOOLSETS).filter((name) => name !== "core")) {
    assert(text.includes(`### Toolset \`${name}\``), name);
    assert(documentAt("docs/tools/README.md").text.includes(`| \`${name}\``), name);
  }
});

Deno.test("README names every error code, with the kinds that it stands for", () => {
  const expected = new Map([
    ["-32700", "parse_error"],
    ["-32600", "invalid_request"],
    ["-32601", "unknown_method"],
  ]);
  for (const [kind, code] of Object.entries(HOUSE_CODES)) {
    const before = expected.get(String(code));
    expected.set(String(code), before ? `${before}, ${kind}` : kind);
  }
  const rows = tableUnder(documentAt("README.md"), "Errors").map(([code, kinds]) =>
    [(code ?? "").replace("−", "-"), (kinds ?? "").replaceAll("`", "")] as const
  );
  assert.deepEqual(sorted(rows), sorted(expected));
});

Deno.test("README names every tool in its order, with its parameters", async () => {
  const tools = await listedTools(["core"]);
  const expected = tools.map((tool) => [tool.name, ...Object.keys(describeTool(tool).parameters)]);
  const rows = tableUnder(documentAt("README.md"), "The seven tools")
    .map(([name, parameters]) => [unquote(name), ...(parameters ?? "").matchAll(/`(\w+)/g).map(([, found]) => found)]);
  assert.deepEqual(rows, expected);
});

Deno.test("docs/auth.md says of every route who may use it", () => {
  const named = tableUnder(documentAt("docs/auth.md"), "Doors").flatMap(([routes]) =>
    [...(routes ?? "").matchAll(/`(?:[A-Z]+ )?(\/[^`]*)`/g)].map(([, path = ""]) => path)
  );
  const isNamed = (path: string) =>
    named.some((name) => name === path || (name.endsWith("*") && path.startsWith(name.slice(0, -1))));
  const paths = new Set([...ROWS, ...METADATA_ROWS.slice(0, 1)].map(({ path }) => path));
  // A file of the page, and what there is not.
  for (const path of ["/dashboard/app.ts", "/nowhere"]) assert(paths.delete(path), path);
  assert.deepEqual([...paths].filter((path) => !isNamed(path)), []);
});

Deno.test("each policy and each TOKENS_FILE that documents print is one", async () => {
  const tools = await listedTools(["core"]);
  const seen = { policies: 0, files: 0 };
  for (const { path, tokens } of documents) {
    for (const json of codeBlocks(tokens, "json")) {
      if (/^\{\s*("\$schema"|"roles")/.test(json)) {
        assert.deepEqual(findPolicyWarnings(await parsePolicy(json), tools), [], path);
        seen.policies++;
      }
      if (/^\{\s*"tokens"/.test(json)) {
        assert(parseTokensFile(json).length > 0, path);
        seen.files++;
      }
    }
  }
  assert(seen.policies >= 4 && seen.files >= 1, JSON.stringify(seen));
});

Deno.test("the version is the same everywhere", () => {
  assert.equal(deno.version, VERSION);
  const [, newest] = /^## \[?(\d+\.\d+\.\d+)/m.exec(documentAt("CHANGELOG.md").text) ?? [];
  assert.equal(newest, VERSION);
});

Deno.test("documents name the version of Deno that CI installs", async () => {
  const [, version] = /DENO_VERSION=(\S+)/.exec(await Deno.readTextFile(`${ROOT}.ci/run`)) ?? [];
  for (const { path, text } of documents) {
    for (const [, named] of text.matchAll(/\bdeno@(\d[\d.]*\d)/gi)) assert.equal(named, version, path);
  }
});

Deno.test("a command that documents name is a task of deno.json", () => {
  for (const { path, text } of documents) {
    for (const [, task = ""] of text.matchAll(/deno task (?:--\S+ )*([\w:]*\w)/g)) {
      assert(Object.hasOwn(deno.tasks, task), `${path} names the task ${task}`);
    }
  }
});

for (const document of documents) {
  Deno.test(`${document.path} links to what exists, and names files that exist`, async (t) => {
    for (const { href } of links(document.tokens)) {
      await t.step(href, async () => {
        const [file = "", heading] = href.split("#");
        const path = file === "" ? document.path : normalize(join(dirname(document.path), file));
        assert(await exists(path), `${path} exists`);
        if (heading !== undefined) {
          assert(headings(documentAt(path).tokens).map(({ text }) => anchorOf(text)).includes(heading));
        }
      });
    }
    for (const name of fileNames(document.tokens)) {
      if ([...ORIGINALS, ...CLIENT_FILES].some((original) => covers(original, name))) continue;
      await t.step(name, async () => {
        assert(await exists(name) || await exists(join(dirname(document.path), name)), `${name} exists`);
      });
    }
  });
}

Deno.test("the guide has every step and every test of the lab", () => {
  const titles = headings(documentAt("docs/guide.md").tokens).map(({ text }) => text);
  const wanted = [
    ...Array.from({ length: 15 }, (_, i) => `Step ${i + 1}: `),
    ...Array.from({ length: 5 }, (_, i) => `Test ${i + 1}: `),
  ];
  for (const start of wanted) assert(titles.some((title) => title.startsWith(start)), `a heading "${start}…"`);
});

function covers(listed: string, name: string): boolean {
  return name === listed || (listed.endsWith("/") && `${name}/`.startsWith(listed));
}

function unquote(cell: string | undefined): string {
  return (cell ?? "").replaceAll("`", "");
}

function printDefault(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "–";
  return Array.isArray(value) ? value.join(",") : String(value);
}

function sorted(entries: Iterable<readonly [string, string]>): readonly (readonly [string, string])[] {
  return [...entries].sort(([a], [b]) => a < b ? -1 : 1);
}
