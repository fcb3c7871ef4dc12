"""Facts shipped with the program; SOURCES.md says where each comes from."""
