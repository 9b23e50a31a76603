/** Passwords by any name, in any case style, joined by nothing, a space, a dot, a hyphen or an underscore. */
export const PASSWORD_NAMES = [
  String.raw`pass[ ._-]?(?:words?|wd|phrases?|codes?)`,
  // "bypass" and "tests passed" are none: a word before it is joined by a sign, by a capital, or is one of these.
  String.raw`(?:[_-]|(?<![a-z])(?:db|user|root|admin|smtp|ldap|mail|ftp|ssh|redis|mysql|pg))pass|(?-i:[a-z]Pass)`,
  String.raw`(?:[_-]|(?<![a-z])(?:db|user|root|admin))pwd|(?-i:[a-z]Pwd)`,
  "requirepass|masterauth|rediscli_auth|mnemonic|(?:seed|recovery)[ _-]?phrase",
].join("|");

export const KEY_NAMES = "(?:api|access|private|secret|signing|encryption|account|master|shared|session|hmac|deploy|" +
  "auth|client|consumer|subscription|tls|ssl)[ ._-]?keys?";

/** A token that pages through a list is no secret. */
const NO_PAGE = "(?<!(?:page|pagination|next|continue|continuation)[ ._-]?)";

/** Words that prose uses too. */
export const CREDENTIAL_NAMES = `${NO_PAGE}token|secret|${KEY_NAMES}|authorization|credentials?`;

/** What a name may end in and still be a secret's: `password2`, `passwordConfirmation`, `token_value`. */
export const NAME_ENDS =
  String.raw`(?:[._-]?(?:confirm(?:ation)?|repeat|again|old|new|current|previous|value|hash|plain(?:text)?|encrypted|` +
  String.raw`base64|b64|text|raw|\d{1,3})){0,2}`;

/** Names that files of nothing but secrets have. */
const FILE_NAMES = String.raw`(?:tls|server|client|ca|private|ssl)\.key|client-key-data|\.docker(?:configjson|cfg)|` +
  String.raw`\.htpasswd|\.netrc|\.pgpass|\.npmrc|\.git-credentials|id_(?:rsa|dsa|ecdsa|ed25519)`;

const SECRET_NAME = new RegExp(
  `(?:${PASSWORD_NAMES}|${CREDENTIAL_NAMES}|secrets|${NO_PAGE}tokens|(?:set-?)?cookies?|(?:^|__host-)mcp_session|${FILE_NAMES}|` +
    String.raw`(?<![a-z])(?:pass|jwt|bearer|otp|totp))${NAME_ENDS}$`,
  "i",
);

/** Characters at the end of a name that are looked at: a peer may send a mebibyte of one. */
const NAME_CHARS_MAX = 80;

/** Whether what has this name is a secret whatever it looks like: `db_password`, `apiKey`, `X-Auth-Token`, `tls.key`. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.slice(-NAME_CHARS_MAX));
}

/** Whether a number under this name is how many there are, rather than one of them: `max_tokens`, `pass`. */
export function isCountName(name: string): boolean {
  return /tokens$|(?:^|[^a-z])pass$/i.test(name);
}
