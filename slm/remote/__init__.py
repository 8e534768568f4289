"""Things that lie elsewhere, by address: documents, token stores, models, runs (s3://, gs://, hf://, file://)."""
