"""Models for other engines: Hugging Face's, llama.cpp, ONNX, the browser; each loaded again and compared."""
