"""The accounts API as an ASGI application: `coinassay.api.app.create_app`."""
