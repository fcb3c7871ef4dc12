"""The accounts API as an ASGI application."""
