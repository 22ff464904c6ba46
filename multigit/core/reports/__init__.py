"""What is reported to people and scripts: sentences, documents, messages, metrics."""
