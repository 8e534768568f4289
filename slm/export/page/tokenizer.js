// Text to token ids and back: byte-level BPE with GPT-2's regular expression, from a tokenizer.json.
// What is a letter, a digit or a space comes with the model, not from the browser, whose Unicode may be another.

const REMEMBERED = 20000; // words whose ids are kept

export class Tokenizer {
  // `definition` is the content of tokenizer.json; `classes` are runs of characters, [first, last, first, last, ...].
  constructor(definition, classes) {
    const { vocab, merges } = definition.model;
    const alphabet = byteAlphabet();
    const byteOf = new Map(alphabet.map((character, byte) => [character, byte]));
    this.size = 0;
    this.tokens = []; // the bytes of each token
    for (const [token, id] of Object.entries(vocab)) {
      this.tokens[id] = Uint8Array.from(token, (character) => byteOf.get(character));
    }
    for (const { content, id } of definition.added_tokens) {
      this.tokens[id] = new TextEncoder().encode(content);
      if (content === "<|endoftext|>") this.end = id;
    }
    this.bytes = alphabet.map((character) => vocab[character]);
    this.merges = new Map(); // of two ids as one number: the rank, and the id that they become
    merges.forEach((merge, rank) => {
      const [left, right] = typeof merge === "string" ? merge.split(" ") : merge;
      this.merges.set(this.pair(vocab[left], vocab[right]), [rank, vocab[left + right]]);
    });
    this.words = wordExpression(classes);
    this.known = new Map();
  }

  pair(left, right) {
    return left * this.tokens.length + right;
  }

  // Special tokens are never read out of text: "<|endoftext|>" is thirteen characters.
  encode(text) {
    return (text.match(this.words) ?? []).flatMap((word) => this.encodeWord(word));
  }

  encodeWord(word) {
    let ids = this.known.get(word);
    if (!ids) {
      if (this.known.size >= REMEMBERED) this.known.clear();
      ids = this.merged(Array.from(new TextEncoder().encode(word), (byte) => this.bytes[byte]));
      this.known.set(word, ids);
    }
    return ids;
  }

  // The pair with the lowest rank is joined wherever it stands, then the next, until no pair is known.
  merged(ids) {
    while (ids.length > 1) {
      let [lowest, best] = [Infinity, -1];
      for (let i = 0; i + 1 < ids.length; i++) {
        const found = this.merges.get(this.pair(ids[i], ids[i + 1]));
        if (found && found[0] < lowest) [lowest, best] = [found[0], i];
      }
      if (best < 0) return ids;
      ids = this.joined(ids, ids[best], ids[best + 1]);
    }
    return ids;
  }

  joined(ids, left, right) {
    const together = this.merges.get(this.pair(left, right))[1];
    const result = [];
    for (let i = 0; i < ids.length; i++) {
      const here = ids[i] === left && ids[i + 1] === right;
      result.push(here ? together : ids[i]);
      if (here) i++;
    }
    return result;
  }

  decode(ids) {
    const stream = new TextStream(this);
    return ids.map((id) => stream.push(id)).join("") + stream.finish();
  }
}

// From ids to text as it comes: characters are never cut; bytes that are none become U+FFFD.
export class TextStream {
  constructor(tokenizer) {
    this.tokenizer = tokenizer;
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // keep a byte order mark: it is a character
  }

  push(id) {
    return this.decoder.decode(this.tokenizer.tokens[id] ?? new Uint8Array(), { stream: true });
  }

  finish() {
    return this.decoder.decode();
  }
}

// The character that stands for each byte in the files of a byte-level BPE (as in GPT-2's encoder.py).
function byteAlphabet() {
  let others = 256;
  const printable = (byte) => (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : others++));
}

function wordExpression({ letters, digits, spaces }) {
  const [l, n, s] = [letters, digits, spaces].map(characterClass);
  return new RegExp(
    `'s|'t|'re|'ve|'m|'ll|'d| ?[${l}]+| ?[${n}]+| ?[^${s}${l}${n}]+|[${s}]+(?![^${s}])|[${s}]+`, "gu");
}

function characterClass(runs) {
  const escaped = runs.map((code) => `\\u{${code.toString(16)}}`);
  return escaped.map((first, i) => (i % 2 ? "" : `${first}-${escaped[i + 1]}`)).join("");
}
