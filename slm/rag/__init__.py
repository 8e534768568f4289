"""Retrieval: passages of documents, the index over them, what answers from them. No torch at query time."""
