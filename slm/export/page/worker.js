// The model in a thread of its own, so that the page answers while it computes.
// Takes messages { call, method, values }, gives { call, piece } as a text grows, and { call, result } or { call, error }.

import { Model } from "./model.js";
import { expected, Random, sample } from "./sampling.js";
import { TextStream, Tokenizer } from "./tokenizer.js";

const SHOWN_EVERY = 16; // milliseconds: what a screen shows
const GREEDY = { temperature: 0, topK: 0, seed: 0, onwards: false };

let model, tokenizer;
let fed = []; // what the model has read
let stopped = false;

const methods = {
  async load({ description, definition, content, kernel }) {
    tokenizer = new Tokenizer(definition, description.classes);
    model = await Model.load(description, content, kernel);
  },

  encode: (texts) => texts.map((text) => tokenizer.encode(text)),

  decode: (ids) => tokenizer.decode(ids),

  // The logits after each of ids[first], ids[first + 1], ... as one Float32Array.
  logits: ({ ids, first }) => read(ids, ids.length - first),

  async greedy({ ids, count }) {
    return (await write(ids, { ...GREEDY, count }, () => {})).ids;
  },

  // Likely next tokens after a text: [{ id, text, probability }], text null for the end.
  next({ text, count }) {
    const logits = read(withinContext(promptIds(text)));
    return expected(logits, count).map(([id, probability]) => {
      return { id, probability, text: id === tokenizer.end ? null : tokenizer.decode([id]) };
    });
  },

  write: ({ text, begin, settings }, show) => write(promptIds(text), settings, show, begin),

  stop() {
    stopped = true;
  },
};

// An empty text starts where every document did.
function promptIds(text) {
  const ids = tokenizer.encode(text);
  return ids.length ? ids : [tokenizer.end];
}

// The whole text, or where it is longer than what the model reads, its end.
function withinContext(ids) {
  const context = model.config.block_size;
  return ids.length < context ? ids : ids.slice(-Math.max(1, Math.floor(context / 2)));
}

// The logits after the last `wanted` of `ids`; what was read before is not computed again.
function read(ids, wanted = 1) {
  let common = 0;
  while (common < Math.min(fed.length, ids.length - wanted) && fed[common] === ids[common]) common++;
  model.rewind(common);
  fed = fed.slice(0, common);
  const logits = model.extend(ids.slice(common), wanted);
  fed = ids.slice();
  return logits;
}

// Go on from `prompt`, with the tokens `begin` first. Ends with the model's end, after `count` tokens, where the context
// is full (unless it goes `onwards` from the last half of the text), or when it is stopped.
async function write(prompt, settings, show, begin = []) {
  const context = model.config.block_size;
  const [random, stream, ids] = [new Random(settings.seed), new TextStream(tokenizer), []];
  const started = performance.now();
  let [text, reason, shown] = ["", "", started];
  if (!settings.onwards && prompt.length >= context) {
    throw new Error(`The text has ${prompt.length} tokens, the model reads ${context}: shorten it.`);
  }
  stopped = false;
  let seen = withinContext(prompt);
  while (!reason) {
    if (seen.length > context) seen = withinContext(seen);
    const token = begin[ids.length] ?? sample(read(seen), settings, random);
    if (token === tokenizer.end) reason = "end";
    else {
      ids.push(token);
      text += stream.push(token);
      const full = seen.length >= context && !settings.onwards;
      if (full) reason = "context";
      else if (ids.length >= settings.count) reason = "length";
      seen = [...seen, token];
    }
    if (performance.now() - shown > SHOWN_EVERY) {
      show(text);
      [text, shown] = ["", performance.now()];
      await otherMessages();
      if (stopped) reason ||= "stopped";
    }
  }
  show(text + stream.finish());
  return { ids, reason, seconds: (performance.now() - started) / 1000 };
}

// Let a message, such as `stop`, come between two tokens.
function otherMessages() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

// One after the other, but `stop` at once.
let turn = Promise.resolve();
self.onmessage = ({ data: { call, method, values } }) => {
  if (method === "stop") return methods.stop();
  turn = turn.then(async () => {
    try {
      const result = await methods[method](values, (piece) => self.postMessage({ call, piece }));
      self.postMessage({ call, result });
    } catch (error) {
      self.postMessage({ call, error: error.message });
    }
  });
};
