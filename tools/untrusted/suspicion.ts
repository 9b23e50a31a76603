/** Characters of one text that are looked through: a longer one is judged by its beginning. */
const LOOKED_AT_CHARS_MAX = 16_384;

/**
 * What text says that wants to be taken for an instruction by a model, or for the end of the data it stands in. Words that
 * programs' logs use by themselves ("ignoring the instruction cache") should not match; a miss costs little, for all of
 * the text is marked as data anyway.
 */
const INSTRUCTIONS = [
  /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|your|system)\b.{0,40}\b(?:instruction|prompt|message|context|rule|guideline|direction)s?\b/i,
  /\b(?:new|updated|important|urgent|secret|hidden)\s+(?:system\s+)?instructions\b/i,
  /\byou (?:are|must|should|will|shall) (?:now |immediately |also )*(?:an? (?:ai|assistant|agent|admin|different|helpful)|call|run|execute|delete|send|reveal|ignore|act as)\b/i,
  /\b(?:note|message|instructions?|attention|dear)[,:]? (?:to|for) (?:the |all |any )?(?:ai|llm|language model|assistant|agent|model|claude|gpt|copilot)\b/i,
  /<\/?(?:system|assistant|user|instructions?|tool_(?:call|result|use)|function_calls?|untrusted-data)\b[^>]{0,80}>/i,
  /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)[^>]{0,40}>/i,
  // Kubernetes' own users and groups begin so too.
  /^\s*(?:#+\s*)?(?:system|assistant)\s*(?:prompt|message)?\s*:(?!(?:serviceaccounts?|nodes?|masters|(?:un)?authenticated|anonymous|kube-[a-z-]+)\b)\s*\S/im,
  /\bdo not (?:tell|inform|mention|reveal|show)\b.{0,40}\b(?:user|human|operator)\b/i,
] as const;

/** Whether a text, cleaned, looks as if it were written for a model. */
export function looksLikeInstruction(text: string): boolean {
  const looked = text.length > LOOKED_AT_CHARS_MAX ? text.slice(0, LOOKED_AT_CHARS_MAX) : text;
  return INSTRUCTIONS.some((pattern) => pattern.test(looked));
}

/** How many texts of a JSON value do. */
export function countInstructions(value: unknown): number {
  if (typeof value === "string") return looksLikeInstruction(value) ? 1 : 0;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((count, member) => count + countInstructions(member), 0);
}
