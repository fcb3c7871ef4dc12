"""Tasks and their schedule."""
