// A text made of tokens, each with what else could have come. Knows nothing about the server.

const END = "<|endoftext|>";

// The parts of a piece of text: { text, likely: [{ text, probability }], probability }. A character made of several
// tokens, or text that was held back, becomes one part: the text counts, whatever the tokens are called.
export function partsOf(text, logprobs) {
  const tokens = logprobs?.tokens ?? [];
  const parts = [];
  let rest = text;
  for (const [place, token] of tokens.entries()) {
    if (!rest || !token || !rest.startsWith(token)) break;
    parts.push(part(token, logprobs, place));
    rest = rest.slice(token.length);
  }
  if (rest) parts.push({ ...part(rest, logprobs, parts.length < tokens.length ? parts.length : -1), whole: false });
  return parts;
}

function part(text, logprobs, place) {
  const likely = Object.entries(logprobs?.top_logprobs?.[place] ?? {})
    .map(([token, value]) => ({ text: token, probability: Math.exp(value) }))
    .sort((a, b) => b.probability - a.probability);
  const own = logprobs?.token_logprobs?.[place];
  return { text, likely, probability: typeof own === "number" ? Math.exp(own) : null, whole: true };
}

export const isEnd = (token) => token === END;

// The end of the text, and parts of characters, cannot be chosen.
export const canFollow = (token) => token !== "" && !isEnd(token) && !token.includes("\ufffd") && !token.startsWith("bytes:");

// 1 (sure) to 5 (a surprise); 0 where it is not known
export function surprise(probability) {
  if (probability === null) return 0;
  return [0.5, 0.2, 0.07, 0.02].findIndex((bound) => probability >= bound) + 1 || 5;
}
