// The model: GPT-2, or Qwen3's layout, one sequence of tokens at a time, with what it has read kept (its keys and values).
// Products are made by kernel.wasm in float32; all else is small enough for JavaScript. (C channels, D of a head.)

const TOGETHER = 16; // tokens of a prompt that go through a layer at once, so that its weights are fetched once
const STEP = 16; // floats that the kernel takes at once: rows are filled up with zeros to a multiple
const BLOCK = 128; // the longest block of quantized weights: what is multiplied with them is filled up so far

const upTo = (count, multiple) => Math.ceil(count / multiple) * multiple;

export class Model {
  // `config` and `tensors` as model.json has them, `content` the bytes of weights.bin, `kernel` those of kernel.wasm.
  static async load({ config, tensors }, content, kernel) {
    const { instance } = await WebAssembly.instantiate(kernel).catch((error) => {
      throw new Error(`kernel.wasm does not start (${error.message}): a browser of 2023 or later is needed.`);
    });
    return new Model(config, tensors, content, instance.exports);
  }

  constructor(config, tensors, content, kernel) {
    this.config = config;
    this.kernel = kernel;
    this.rotary = config.architecture === "qwen3";
    this.length = 0; // tokens read
    this.headWidth = config.n_embd / config.n_head;
    this.room = new Room(kernel.memory);
    this.weights = {};
    for (const [name, place] of Object.entries(tensors)) this.weights[name] = this.room.tensor(place, content);
    this.hiddenWidth = this.weights["transformer.h.0.mlp.c_proj.weight"].inputs;
    this.makeRoom();
    this.room.claim();
    if (this.rotary) this.waves = rotaryWaves(this.headWidth, config.rotary_base);
  }

  makeRoom() {
    const { n_embd: width, n_head: heads, n_layer: layers, vocab_size, block_size } = this.config;
    const rows = (columns) => this.room.rows(TOGETHER, upTo(columns, BLOCK));
    [this.x, this.normed, this.attended, this.added] = [rows(width), rows(width), rows(width), rows(width)];
    [this.qkv, this.hidden, this.gate] = [rows(3 * width), rows(this.hiddenWidth), rows(this.hiddenWidth)];
    this.logits = rows(vocab_size);
    const [head, places] = [upTo(this.headWidth, STEP), upTo(block_size, STEP)];
    this.query = this.room.rows(1, head);
    this.scores = this.room.rows(1, places);
    this.keys = this.room.rows(layers * heads * block_size, head);
    this.values = this.room.rows(layers * heads * this.headWidth, places);
  }

  // Forget all but the first `length` tokens.
  rewind(length) {
    this.length = length;
  }

  // Read more tokens; the logits after each of the last `wanted` of them, one behind the other in a Float32Array.
  extend(ids, wanted = 1) {
    const { block_size, vocab_size } = this.config;
    if (this.length + ids.length > block_size) {
      throw new Error(`The text has ${this.length + ids.length} tokens, the model reads ${block_size}: shorten it.`);
    }
    const logits = new Float32Array(wanted * vocab_size);
    let skipped = ids.length - wanted;
    for (let first = 0; first < ids.length; first += TOGETHER) {
      const part = ids.slice(first, first + TOGETHER);
      this.layers(part);
      for (let row = Math.max(0, skipped - first); row < part.length; row++) {
        this.multiply("transformer.wte.weight", this.normed, this.logits, 1, row);
        logits.set(this.logits.row(0, vocab_size), (first + row - skipped) * vocab_size);
      }
    }
    return logits;
  }

  // The last norm of a few tokens, in `normed`.
  layers(ids) {
    const { n_embd, n_layer } = this.config;
    ids.forEach((id, row) => this.embed(id, row));
    for (let layer = 0; layer < n_layer; layer++) {
      const name = `transformer.h.${layer}`;
      this.norm(`${name}.ln_1`, ids.length);
      this.attend(layer, ids.length);
      this.add(`${name}.attn.c_proj`, this.attended, ids.length);
      this.norm(`${name}.ln_2`, ids.length);
      this.mlp(`${name}.mlp`, ids.length);
      this.add(`${name}.mlp.c_proj`, this.hidden, ids.length);
    }
    this.norm("transformer.ln_f", ids.length);
    this.length += ids.length;
  }

  embed(id, row) {
    const x = this.x.row(row, this.config.n_embd);
    this.weights["transformer.wte.weight"].copyRow(id, x);
    if (this.rotary) return;
    const place = this.weights["transformer.wpe.weight"].subarray((this.length + row) * x.length);
    for (let i = 0; i < x.length; i++) x[i] += place[i];
  }

  norm(name, tokens) {
    const [weight, bias] = [this.weights[`${name}.weight`], this.weights[`${name}.bias`]];
    for (let row = 0; row < tokens; row++) {
      const [x, y] = [this.x.row(row, weight.length), this.normed.row(row, weight.length)];
      if (this.rotary) rootMeanSquareNorm(x, y, weight);
      else layerNorm(x, y, weight, bias);
    }
  }

  attend(layer, tokens) {
    const { n_head, n_embd } = this.config;
    this.linear(`transformer.h.${layer}.attn.c_attn`, this.normed, this.qkv, tokens);
    for (let row = 0; row < tokens; row++) {
      for (let head = 0; head < n_head; head++) this.keep(layer, head, row);
    }
    for (let row = 0; row < tokens; row++) {
      for (let head = 0; head < n_head; head++) this.attendHead(layer, head, row);
    }
  }

  // A part of a token's row of queries (0), keys (1) or values (2).
  ofHead(kind, head, row) {
    const start = kind * this.config.n_embd + head * this.headWidth;
    return this.qkv.row(row, 3 * this.config.n_embd).subarray(start, start + this.headWidth);
  }

  // Key and value of a token into what is kept; values stand by channel, so that the kernel sums them over the tokens.
  keep(layer, head, row) {
    const { n_head, block_size } = this.config;
    const place = this.length + row;
    const [query, key, value] = [0, 1, 2].map((kind) => this.ofHead(kind, head, row));
    if (this.rotary) {
      const name = `transformer.h.${layer}.attn`;
      rootMeanSquareNorm(query, query, this.weights[`${name}.q_norm.weight`]);
      rootMeanSquareNorm(key, key, this.weights[`${name}.k_norm.weight`]);
      rotate(query, place, this.waves);
      rotate(key, place, this.waves);
    }
    const first = layer * n_head + head;
    this.keys.row(first * block_size + place, key.length).set(key);
    const { floats, columns } = this.values;
    for (let d = 0, at = first * value.length * columns + place; d < value.length; d++, at += columns) {
      floats[at] = value[d];
    }
  }

  attendHead(layer, head, row) {
    const { n_head, block_size } = this.config;
    const [seen, first] = [this.length + row + 1, layer * n_head + head];
    this.query.row(0, this.headWidth).set(this.ofHead(0, head, row));
    const { keys, values, scores, query, attended, headWidth } = this;
    const multiply = this.kernel.multiply_floats;
    multiply(keys.at(first * block_size), keys.bytes, seen, keys.columns, query.at(0), 0, scores.at(0), 0, 1);
    const summed = upTo(seen, STEP);
    softmax(scores.row(0, summed), seen, 1 / Math.sqrt(headWidth));
    const y = attended.at(row) + 4 * head * headWidth;
    multiply(values.at(first * headWidth), values.bytes, headWidth, summed, scores.at(0), 0, y, 0, 1);
  }

  mlp(name, tokens) {
    this.linear(`${name}.${this.rotary ? "c_up" : "c_fc"}`, this.normed, this.hidden, tokens);
    if (this.rotary) this.linear(`${name}.c_gate`, this.normed, this.gate, tokens);
    for (let row = 0; row < tokens; row++) {
      const hidden = this.hidden.row(row, this.hiddenWidth);
      if (this.rotary) openGates(hidden, this.gate.row(row, this.hiddenWidth));
      else gelu(hidden);
    }
  }

  // x += the layer called `name` of `input`.
  add(name, input, tokens) {
    this.linear(name, input, this.added, tokens);
    for (let row = 0; row < tokens; row++) {
      const [x, branch] = [this.x.row(row, this.config.n_embd), this.added.row(row, this.config.n_embd)];
      for (let i = 0; i < x.length; i++) x[i] += branch[i];
    }
  }

  linear(name, input, output, tokens) {
    this.multiply(`${name}.weight`, input, output, tokens);
    const bias = this.weights[`${name}.bias`];
    if (!bias) return;
    for (let row = 0; row < tokens; row++) {
      const y = output.row(row, bias.length);
      for (let i = 0; i < y.length; i++) y[i] += bias[i];
    }
  }

  // The rows of `output` from 0 on: the matrix called `name` times those of `input` from `row` on.
  multiply(name, input, output, tokens, row = 0) {
    const { values, rowBytes, outputs, width, scales, scaleBytes, block } = this.weights[name];
    const common = [values, rowBytes, outputs, width, input.at(row), input.bytes, output.at(0), output.bytes, tokens];
    if (block) this.kernel.multiply_bytes(...common, scales, scaleBytes, block);
    else this.kernel.multiply_floats(...common);
  }
}

// Places in the kernel's memory: first they are counted, then the memory is made and filled.
class Room {
  constructor(memory) {
    this.memory = memory;
    this.used = upTo(memory.buffer.byteLength, STEP);
    this.fillings = [];
  }

  take(bytes, fill) {
    const place = this.used;
    this.used = upTo(place + bytes, STEP);
    this.fillings.push((buffer) => fill(buffer, place));
    return place;
  }

  claim() {
    const page = 65536;
    this.memory.grow(Math.ceil((this.used - this.memory.buffer.byteLength) / page));
    for (const fill of this.fillings) fill(this.memory.buffer);
    this.fillings = [];
  }

  rows(count, columns) {
    return new Rows(this, count, columns);
  }

  tensor(place, content) {
    if (place.shape.length === 1 || place.kind === "float32") {
      const numbers = new Float32Array(content, place.values, place.shape.reduce((a, b) => a * b));
      return numbers.slice(); // so that the file need not be kept in memory
    }
    return new Matrix(this, place, content);
  }
}

// Rows of floats, zero at first; `columns` counts what fills them up too.
class Rows {
  constructor(room, count, columns) {
    this.columns = columns;
    this.bytes = 4 * columns;
    this.place = room.take(count * this.bytes, (buffer, place) => {
      this.floats = new Float32Array(buffer, place, count * columns);
    });
  }

  at(row) {
    return this.place + row * this.bytes;
  }

  row(row, length) {
    return this.floats.subarray(row * this.columns, row * this.columns + length);
  }
}

// A matrix as the kernel multiplies with it: int8 with scales, or float32.
class Matrix {
  constructor(room, { shape: [outputs, inputs], kind, values, scales, block }, content) {
    Object.assign(this, { outputs, inputs, block });
    this.width = upTo(inputs, block ?? STEP);
    this.rowBytes = this.width * (block ? 1 : 4);
    const count = outputs * this.width;
    if (!block) {
      this.values = room.take(4 * count, (buffer, place) => {
        this.numbers = new Float32Array(buffer, place, count);
        unpackHalves(new Uint16Array(content, values, outputs * inputs), this.numbers, inputs, this.width);
      });
      return;
    }
    this.values = room.take(count, (buffer, place) => {
      this.numbers = new Int8Array(buffer, place, count);
      if (kind === "int8") this.numbers.set(new Int8Array(content, values, count));
      else unpackNibbles(new Uint8Array(content, values, count / 2), this.numbers);
    });
    this.scaleBytes = 4 * (this.width / block);
    this.scales = room.take(outputs * this.scaleBytes, (buffer, place) => {
      this.factors = new Float32Array(buffer, place, (outputs * this.width) / block);
      this.factors.set(new Float32Array(content, scales, this.factors.length));
    });
  }

  copyRow(row, x) {
    const first = row * this.width;
    for (let i = 0; i < x.length; i++) {
      x[i] = this.numbers[first + i] * (this.block ? this.factors[Math.floor((first + i) / this.block)] : 1);
    }
  }
}

function unpackNibbles(packed, numbers) {
  for (let i = 0; i < packed.length; i++) {
    numbers[2 * i] = (packed[i] & 15) - 8;
    numbers[2 * i + 1] = (packed[i] >> 4) - 8;
  }
}

// float16 (IEEE 754 binary16) to float32, rows filled up to `width`.
function unpackHalves(halves, floats, inputs, width) {
  for (let i = 0; i < halves.length; i++) {
    const [sign, exponent, fraction] = [halves[i] >> 15, (halves[i] >> 10) & 31, halves[i] & 1023];
    const size = exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction;
    floats[Math.floor(i / inputs) * width + (i % inputs)] = sign ? -size : size;
  }
}

function layerNorm(x, y, weight, bias) {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < x.length; i++) sum += x[i];
  const mean = sum / x.length;
  for (let i = 0; i < x.length; i++) squares += (x[i] - mean) * (x[i] - mean);
  const scale = 1 / Math.sqrt(squares / x.length + 1e-5);
  for (let i = 0; i < x.length; i++) y[i] = (x[i] - mean) * scale * weight[i] + (bias ? bias[i] : 0);
}

function rootMeanSquareNorm(x, y, weight) {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += x[i] * x[i];
  const scale = 1 / Math.sqrt(squares / x.length + 1e-6);
  for (let i = 0; i < x.length; i++) y[i] = x[i] * scale * weight[i];
}

// The first `seen` scores become shares that sum to 1, those behind them nothing.
function softmax(scores, seen, factor) {
  let [largest, sum] = [-Infinity, 0];
  for (let i = 0; i < seen; i++) largest = Math.max(largest, scores[i]);
  for (let i = 0; i < seen; i++) {
    scores[i] = Math.exp((scores[i] - largest) * factor);
    sum += scores[i];
  }
  for (let i = 0; i < seen; i++) scores[i] /= sum;
  scores.fill(0, seen);
}

// GPT-2's approximation, x / 2 (1 + tanh u), written with one exponential: tanh u = 2 / (1 + exp(-2u)) - 1.
function gelu(x) {
  const twice = 2 * Math.sqrt(2 / Math.PI);
  for (let i = 0; i < x.length; i++) x[i] /= 1 + Math.exp(-twice * x[i] * (1 + 0.044715 * x[i] * x[i]));
}

function openGates(hidden, gate) {
  for (let i = 0; i < hidden.length; i++) hidden[i] *= gate[i] / (1 + Math.exp(-gate[i]));
}

function rotaryWaves(width, base) {
  return Float32Array.from({ length: width / 2 }, (_, d) => 1 / base ** ((2 * d) / width));
}

// Channel d turns with d + D / 2 by an angle that grows with the place.
function rotate(x, place, waves) {
  const half = waves.length;
  for (let d = 0; d < half; d++) {
    const angle = Math.fround(place * waves[d]);
    const [cosine, sine, first, second] = [Math.cos(angle), Math.sin(angle), x[d], x[d + half]];
    x[d] = first * cosine - second * sine;
    x[d + half] = second * cosine + first * sine;
  }
}
