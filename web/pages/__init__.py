"""The pages for people: a request in, HTML out. One file a page; ``routes`` says which there are."""
