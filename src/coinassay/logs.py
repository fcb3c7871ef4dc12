"""Structured logging; secrets never get in."""
