"""Models as a service: an OpenAI-compatible API, and a page to read, play and look inside."""
