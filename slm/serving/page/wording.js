// Numbers, sizes and times as people read them. What is not known is a dash, never a zero.

const UNKNOWN = "–";
const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const known = (value) => typeof value === "number" && Number.isFinite(value);

export const count = (value) => (known(value) ? whole.format(value) : UNKNOWN);
export const decimal = (value, digits = 3) => (known(value) ? value.toFixed(digits) : UNKNOWN);

export function size(bytes) {
  if (!known(bytes)) return UNKNOWN;
  const [unit, name] = bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  return `${(bytes / unit).toFixed(1)}\u00a0${name}`;
}

export function large(value) {
  if (!known(value)) return UNKNOWN;
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)}\u00a0billion`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)}\u00a0million` : count(value);
}

export function duration(seconds) {
  if (!known(seconds)) return UNKNOWN;
  if (seconds < 60) return `${seconds.toFixed(1)}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes}\u00a0min` : `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

export function percent(share) {
  return share < 0.001 ? "< 0.1\u00a0%" : `${(100 * share).toFixed(1)}\u00a0%`;
}

export function date(text) {
  const when = new Date(text ?? NaN);
  if (Number.isNaN(when.getTime())) return UNKNOWN;
  return when.toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}

export function speed(tokens, seconds) {
  return tokens && seconds ? `${count(tokens / seconds)} tokens/s` : UNKNOWN;
}

// "12.3 million parameters · 8 bits · 12.4 MB"
export function facts(model) {
  if (!model) return "";
  const parts = [
    known(model.parameters) && `${large(model.parameters)} parameters`, model.bits && `${model.bits} bits`,
    known(model.size_bytes) && size(model.size_bytes), known(model.context) && `reads ${count(model.context)} tokens`,
  ];
  return parts.filter(Boolean).map((part) => part.replaceAll(" ", "\u00a0")).join("\u00a0· ");
}

// A token for the eye: spaces and line breaks as signs, where they would be invisible.
export function visible(token) {
  return token.replaceAll("\n", "↵").replaceAll("\t", "⇥").replace(/^ +| +$/g, (spaces) => "␣".repeat(spaces.length));
}

// A token for the ear.
export function spoken(token) {
  return token.trim() || token.replaceAll("\n", "line break ").replaceAll(" ", "space ").trim() || "nothing";
}
