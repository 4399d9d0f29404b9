"""The search index: what an announcement is found by, and what a question finds, ranked and marked."""
