"""Announcements at rest: the record, the tables, the archive. Imports nothing else of zerowire."""
