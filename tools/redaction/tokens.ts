import { REDACTED, type SecretLooks } from "./pattern.ts";

/** The beginnings of what is long. Three small expressions: the engine skips ahead by the few words of each. */
const SIGNS: readonly RegExp[] = [
  /-----BEGIN|eyJ|ewo|W3si|LS0tLS1|M[IA-H][\w+/]{1,5}(?:IBA|AgE|CAQ)|b3BlbnNz|A[KS]IA/,
  /(?<![A-Za-z0-9])(?:gh[pousr]_|gl(?:[a-z]{2,5}-|c_|sa_)|npm_|hf_|mcp_|[rs]k[-_]|SG\.|hv[sb]\.|whsec_)/,
  /pypi-|dop_v1|xox[abceprs]-|xapp-|_pat_|AGE-SEC|sha256~|ya29|AIza|hooks\.slack|\dQ~/,
];
const CHARS_MIN = 20;

/** What the issuers of tokens begin them with, so that they can be told. */
const ISSUED = [
  String
    .raw`gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[\w-]{20,}`,
  String.raw`npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|dckr_pat_[\w-]{20,}|hf_[A-Za-z0-9]{30,}|dop_v1_\w{40,}`,
  String.raw`hv[sb]\.[\w-]{20,}|sha256~[\w-]{40,}|ya29\.[\w-]{20,}|AIza[\w-]{35}|gl(?:c|sa)_\w{30,}`,
  String.raw`xox[abceprs]-[\w-]{10,}|xapp-[\w-]{20,}|whsec_[\w+/]{20,}=*|SG\.[\w-]{16,}\.[\w-]{16,}`,
  String.raw`sk-(?:ant|proj|svcacct|admin)-[\w-]{20,}|sk-[A-Za-z0-9]{32,}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,}`,
  // The last are this server's own API keys.
  String.raw`AGE-SECRET-KEY-1\w{20,}|mcp_[a-z0-9]{16}_[\w-]{20,}`,
].join("|");

/** Keys and tokens that their looks give away, wherever they stand. */
export const TOKENS: SecretLooks = {
  isPossibleIn: (text) => text.length >= CHARS_MIN && SIGNS.some((sign) => sign.test(text)),
  patterns: [
    [
      /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----(?! \[REDACTED\])[\s\S]*?(?:-----END \1-----|$)/g,
      `-----BEGIN $1----- ${REDACTED}`,
    ],
    // The beginnings that private keys have in DER and in OpenSSH's form, in Base64, without their armour.
    [
      /(?<![\w+/])(?:MII[\w+/]{3}IBA[AD]|MI[GH][\w+/]AgE[AB]|M[A-H][\w+/]CAQ(?:Aw|EE)|b3BlbnNzaC1rZXktdjE)(?:[\w+/]|\\?\n|\\n){24,}={0,2}/g,
      REDACTED,
    ],
    // JSON Web Tokens, signed and encrypted; one that was cut off still has its header.
    [/(?<![A-Za-z0-9-])eyJ(?:[\w-]+(?:\.[\w-]*){2,4}|(?:hbGciOi|0eXAiOi|raWQiOi)[\w-]{8,}(?:\.[\w-]*)?)/g, REDACTED],
    [/((?:AKIA|ASIA)[A-Z0-9]{16}[\s,:;|"'\\]{1,10})[A-Za-z0-9+/]{40,}/g, `$1${REDACTED}`],
    [/(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g, REDACTED],
    [new RegExp(String.raw`(?<![A-Za-z0-9])(?:${ISSUED})`, "g"), REDACTED],
    // Azure's client secrets.
    [/(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}(?![\w.~-])/g, REDACTED],
    [/(hooks\.slack\.com\/services\/)[\w/]+/g, `$1${REDACTED}`],
  ],
};
