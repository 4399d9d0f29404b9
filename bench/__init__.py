"""What is measured against peers, each a command; the last tables stand in README.md beside this."""
