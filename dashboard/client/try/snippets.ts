/** A request in the words of another program, ready to paste; the credential comes from the environment. */
export interface SnippetOptions {
  /** JSON text of the request. */
  readonly request: string;
  /** URL of the endpoint over HTTP. */
  readonly url: string;
  /** Whether the server asks who calls. */
  readonly asks: boolean;
}

/** For a POSIX shell. */
export function toCurl({ request, url, asks }: SnippetOptions): string {
  return [
    `curl -s ${quoteShell(url)}`,
    ...asks ? ['  -H "authorization: Bearer $MCP_TOKEN"'] : [],
    "  -H 'content-type: application/json'",
    `  --data-binary ${quoteShell(request)}`,
  ].join(" \\\n");
}

/** For Python 3 and its own library. */
export function toPython({ request, url, asks }: SnippetOptions): string {
  const headers = [
    '    "content-type": "application/json",',
    ...asks ? ['    "authorization": "Bearer " + os.environ["MCP_TOKEN"],'] : [],
  ];
  return `import json${asks ? "\nimport os" : ""}
import urllib.error
import urllib.request

request = urllib.request.Request(
  ${pythonString(url)},
  data=${pythonString(request)}.encode(),
  headers={
${headers.join("\n")}
  },
)
try:
    with urllib.request.urlopen(request) as response:
        reply = json.load(response)
except urllib.error.HTTPError as error:  # The reply says what was wrong.
    reply = json.load(error)
print(json.dumps(reply, indent=2))
`;
}

/** For Deno, Node, Bun and browsers of this server. */
export function toTypeScript({ request, url, asks }: SnippetOptions): string {
  const headers = [
    '    "content-type": "application/json",',
    ...asks ? [`    authorization: \`Bearer \${${TOKEN}}\`,`] : [],
  ];
  return `${asks ? 'import process from "node:process";\n\n' : ""}const response = await fetch(${asciiString(url)}, {
  method: "POST",
  headers: {
${headers.join("\n")}
  },
  body: ${asciiString(request)},
});
console.log(JSON.stringify(await response.json(), null, 2));
`;
}

/** In parts, since no module of ours but main.ts may so much as name it. */
const TOKEN = ["process", "env", "MCP_TOKEN"].join(".");

/** Nothing has a meaning within single quotes, but for their end. */
function quoteShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A string of JSON is one of JavaScript too, and where it is all ASCII nothing on the way changes it. */
function asciiString(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
}

/** Python has characters where JavaScript has their halves. */
function pythonString(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/gu, (character) => `\\U${hex(character.codePointAt(0) ?? 0, 8)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
