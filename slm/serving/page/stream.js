// Reads an answer that streams in: server-sent events, each a JSON object, until [DONE].

import { ServerError, ask, failure } from "./server.js";

export async function* stream(path, body, signal) {
  const response = await ask(path, { body: { ...body, stream: true }, signal });
  try {
    for await (const data of events(response.body)) {
      if (data === "[DONE]") return;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new ServerError(chunk.error.message);
      yield chunk;
    }
  } catch (error) {
    throw failure(error);
  }
  throw failure(new Error("it ended without [DONE]")); // a server that is shut down
}

// The data of each event.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const lines = block.split("\n").filter((line) => line.startsWith("data:"));
        if (lines.length) yield lines.map((line) => line.slice(5).trimStart()).join("\n");
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // who leaves early lets the server know
  }
}
