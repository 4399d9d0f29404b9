"""Announcements in, feeds out: channels, documents, files. Imports the store and nothing else of zerowire."""
