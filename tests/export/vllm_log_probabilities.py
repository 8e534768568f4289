"""Run by a Python that has vLLM, which needs an environment of its own: what it gives the tokens of texts.

    python vllm_log_probabilities.py MODEL IDS.json OUT.npy

IDS.json holds lists of token ids of one length T; OUT.npy gets the log-probabilities (N, T - 1, V), float32, of each
next token. In float32 and in this process alone, on a CPU or a GPU.
"""

from __future__ import annotations

import json
import os
import sys

os.environ |= {
    "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_LOGGING_LEVEL": "WARNING",
}  # fmt: skip


def main(model: str, ids: str, out: str) -> None:
    import numpy as np
    from vllm import LLM, SamplingParams

    with open(ids, encoding="utf-8") as file:
        texts = json.load(file)
    with open(f"{model}/config.json", encoding="utf-8") as file:
        config = json.load(file)
    engine = LLM(
        model, dtype="float32", max_model_len=config["n_positions"], max_logprobs=-1, max_num_seqs=4,
        enforce_eager=True, distributed_executor_backend="uni",
    )  # fmt: skip
    settings = SamplingParams(temperature=0, max_tokens=1, prompt_logprobs=-1, detokenize=False)
    answers = engine.generate([{"prompt_token_ids": each} for each in texts], settings, use_tqdm=False)
    places = [[place for place in answer.prompt_logprobs if place] for answer in answers]  # none of the first token
    vocabulary = range(config["vocab_size"])
    values = [[[place[token].logprob for token in vocabulary] for place in text] for text in places]
    np.save(out, np.array(values, np.float32))


if __name__ == "__main__":
    main(*sys.argv[1:])
