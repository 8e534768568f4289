// From logits to the next token, by the same draws as `slm generate`: one seed, one text.

export function argmax(logits) {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

// The ids of the `count` largest logits, largest first, of equal ones the smaller id first.
export function likeliest(logits, count) {
  const ids = [];
  for (let id = 0; id < logits.length; id++) {
    if (ids.length === count && !(logits[id] > logits[ids[count - 1]])) continue;
    let place = ids.length;
    while (place && logits[id] > logits[ids[place - 1]]) place--;
    ids.splice(place, 0, id);
    if (ids.length > count) ids.pop();
  }
  return ids;
}

// What the model alone expects next: [id, probability] of the likeliest, whatever temperature and top k are.
export function expected(logits, count) {
  const largest = logits[argmax(logits)];
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return likeliest(logits, count).map((id) => [id, Math.exp(logits[id] - largest) / sum]);
}

// A token id; top k 0 means that all tokens may come, temperature 0 takes the likeliest.
export function sample(logits, { temperature, topK }, random) {
  if (temperature === 0) return argmax(logits);
  const ids = topK ? likeliest(logits, Math.min(topK, logits.length)) : logits.map((_, id) => id);
  const largest = logits[topK ? ids[0] : argmax(logits)];
  let sum = 0;
  const cumulative = Array.from(ids, (id) => (sum += Math.fround(Math.exp((logits[id] - largest) / temperature))));
  const drawn = random.next() * sum;
  const place = cumulative.findIndex((reached) => reached > drawn);
  return ids[place < 0 ? ids.length - 1 : place];
}

// Philox 4x64 with ten rounds (Salmon et al. 2011), as numpy draws from it: numbers from 0 to below 1.
export class Random {
  constructor(seed) {
    this.key = [BigInt.asUintN(64, BigInt(seed)), 0n];
    this.counter = 0n;
    this.drawn = [];
  }

  next() {
    if (!this.drawn.length) this.drawn = philox([++this.counter, 0n, 0n, 0n], this.key);
    return Number(this.drawn.shift() >> 11n) / 2 ** 53;
  }
}

const MULTIPLIERS = [0xd2e7470ee14c6c93n, 0xca5a826395121157n];
const KEY_STEPS = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn];
const low = (value) => BigInt.asUintN(64, value);

function philox([a, b, c, d], [first, second]) {
  for (let round = 0; round < 10; round++) {
    const [left, right] = [MULTIPLIERS[0] * a, MULTIPLIERS[1] * c];
    [a, b, c, d] = [(right >> 64n) ^ b ^ first, low(right), (left >> 64n) ^ d ^ second, low(left)];
    [first, second] = [low(first + KEY_STEPS[0]), low(second + KEY_STEPS[1])];
  }
  return [a, b, c, d];
}
