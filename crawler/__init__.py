"""Bytes in, announcements out."""
