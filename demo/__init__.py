"""A replica of the watched sites: pages written for this project (`site/HOST/PATH`), and a server that plays them.

It stands beside the program: it imports nothing of ours, and nothing but the `demo` command and the tests imports it.
"""
