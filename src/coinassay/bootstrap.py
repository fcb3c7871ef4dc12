"""The only module that knows all the parts."""
