"""The interface describes itself: /openapi.json and /docs, made from what encodes answers and reads parameters."""
